#include "datasets/dataset.hpp"
#include "harness/core/check.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace xib;

TEST_CASE("synthetic images are what the term says, and the same each time") {
  const auto term = Term::parse("synthetic(classes = 3, size = 5, samples = 9, test = 4, channels = 2, noise = 10)");
  const auto a = load_dataset(term, ""), b = load_dataset(term, "");
  CHECK(a.train.size() == 9);
  CHECK(a.test.size() == 4);
  CHECK(a.train.shape == ImageShape{2, 5, 5});
  CHECK(a.train.labels == std::vector<std::int32_t>{0, 1, 2, 0, 1, 2, 0, 1, 2});
  CHECK(a.train.pixels == b.train.pixels);
  CHECK(!std::equal(a.test.pixels.begin(), a.test.pixels.end(), a.train.pixels.begin()));
  CHECK(load_dataset(Term::parse("synthetic(size = 5, seed = 1)"), "").train.pixels != load_dataset(Term::parse("synthetic(size = 5)"), "").train.pixels);
}

TEST_CASE("without noise the images of a class are its pattern of 80 and 176") {
  const auto set = load_dataset(Term::parse("synthetic(classes = 2, size = 8, samples = 6, test = 2, noise = 0)"), "");
  for (int k = 2; k < 6; ++k) CHECK(std::ranges::equal(set.train.image(k), set.train.image(k - 2)));
  CHECK(!std::ranges::equal(set.train.image(0), set.train.image(1)));
  for (const auto pixel : set.train.pixels) CHECK((pixel == 80 || pixel == 176));
}

TEST_CASE("holding out moves a share, keeps the order and loses nothing") {
  const auto whole = load_dataset(Term::parse("synthetic(size = 8, samples = 40)"), "");
  auto set = whole, again = whole, other = whole;
  hold_out(set, 0.25, 1);
  hold_out(again, 0.25, 1);
  hold_out(other, 0.25, 2);
  CHECK(set.train.size() == 30);
  CHECK(set.validation.size() == 10);
  CHECK(set.validation.pixels == again.validation.pixels);
  CHECK(set.validation.pixels != other.validation.pixels);
  int from_train = 0, from_validation = 0;
  for (std::int64_t k = 0; k < whole.train.size(); ++k)
    if (from_train < 30 && std::ranges::equal(set.train.image(from_train), whole.train.image(k)))
      ++from_train;
    else if (from_validation < 10 && std::ranges::equal(set.validation.image(from_validation), whole.train.image(k)))
      ++from_validation;
  CHECK(from_train == 30);
  CHECK(from_validation == 10);
  CHECK_THROWS_AS(hold_out(set, 1, 1), Error);
}

TEST_CASE("every generated set of the table can be made, and impossible ones are refused") {
  for (const auto& info : datasets())
    if (info.probe.empty()) CHECK(load_dataset(Term{std::string(info.name), {}}, "").train.size() == info.facts(Term{std::string(info.name), {}}).train);
  for (const auto* text : {"synthetic(classes = 1)", "synthetic(size = 0)", "synthetic(samples = 0)", "synthetic(noise = -1)", "synthetic(x = 1)"})
    CHECK_THROWS_AS(load_dataset(Term::parse(text), ""), Error);
}
