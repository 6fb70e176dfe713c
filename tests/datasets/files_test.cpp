#include "datasets/cifar.hpp"
#include "datasets/dataset.hpp"
#include "datasets/idx.hpp"
#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "tests/datasets/temporary_directory.hpp"

#include <zlib.h>
#include <catch2/catch.hpp>
#include <cstdlib>

using namespace xib;
using Catch::Contains;

namespace {

std::string big_endian(std::uint32_t v) { return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)}; }
std::string images(std::uint32_t count, std::uint32_t height = 2, std::uint32_t width = 3) {
  std::string bytes = big_endian(0x803) + big_endian(count) + big_endian(height) + big_endian(width);
  for (std::uint32_t k = 0; k < count * height * width; ++k) bytes += static_cast<char>(k);
  return bytes;
}
std::string labels(const std::string& values) { return big_endian(0x801) + big_endian(static_cast<std::uint32_t>(values.size())) + values; }

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void write_good(const TemporaryDirectory& d) {
  d.write("train-images-idx3-ubyte", images(3));
  d.write("train-labels-idx1-ubyte", labels({1, 0, 9}));
  d.write("t10k-images-idx3-ubyte.gz", gzip(images(2)));
  d.write("t10k-labels-idx1-ubyte.gz", gzip(labels({2, 3})));
}

Dataset load(const TemporaryDirectory& d) { return load_idx("mnist", d.path.string(), {0.5f}, {0.25f}); }

}  // namespace

TEST_CASE("IDX files are read plain and packed") {
  TemporaryDirectory d;
  write_good(d);
  const auto set = load(d);

  CHECK(set.train.size() == 3);
  CHECK(set.train.shape == ImageShape{1, 2, 3});
  CHECK(set.train.labels == std::vector<std::int32_t>{1, 0, 9});
  CHECK(set.train.image(1)[0] == 6);
  CHECK(set.test.labels == std::vector<std::int32_t>{2, 3});
  CHECK(set.test.image(1)[5] == 11);
  REQUIRE(set.checksums.size() == 4);
  CHECK(set.checksums[0] == std::pair<std::string, std::string>{"train-images-idx3-ubyte", sha256(images(3))});
  CHECK(set.checksums[2].first == "t10k-images-idx3-ubyte.gz");
}

TEST_CASE("a broken IDX file is refused with its name, what is wrong, and a remedy") {
  TemporaryDirectory d;
  write_good(d);
  const auto packed = gzip(images(2));
  const auto refused = [&](const std::string& name, const std::string& bytes, const std::string& word) {
    d.write(name, bytes);
    CHECK_THROWS_WITH(load(d), Contains(name) && Contains(word) && Contains("XIBENCH_DATA"));
    write_good(d);
  };

  refused("t10k-images-idx3-ubyte.gz", packed.substr(0, packed.size() / 2), "middle of the gzip stream");
  refused("t10k-images-idx3-ubyte.gz", packed.substr(0, packed.size() - 1), "truncated or corrupt");
  auto flipped = packed;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // in the checksum at the end
  refused("t10k-images-idx3-ubyte.gz", flipped, "truncated or corrupt");
  refused("train-images-idx3-ubyte", images(3).substr(0, 20), "promises 34");
  refused("train-images-idx3-ubyte", images(3) + "x", "35 bytes");
  refused("train-images-idx3-ubyte", "", "0 bytes");
  refused("train-images-idx3-ubyte", labels({1, 2}) + std::string(9, 'x'), "0x00000803");
  refused("train-images-idx3-ubyte", big_endian(0x803) + big_endian(0xffffffff) + big_endian(0xffffffff) + big_endian(7), "2^32");
  refused("train-images-idx3-ubyte", images(0), "no images");
  refused("train-labels-idx1-ubyte", labels({1, 2}), "2 labels");
  refused("train-labels-idx1-ubyte", labels({1, 10, 2}), "label 10 of record 1");
  d.write("train-images-idx3-ubyte", images(3, 3, 2));
  CHECK_THROWS_WITH(load(d), Contains("training images are 3x2, test images 2x3"));
  write_good(d);
  std::filesystem::remove(d.path / "train-labels-idx1-ubyte");
  CHECK_THROWS_WITH(load(d), Contains("does not exist"));
}

TEST_CASE("a set of the wrong size is not taken for the official one") {
  TemporaryDirectory d;
  write_good(d);
  CHECK_THROWS_WITH(load_dataset(Term::parse("mnist"), d.path.string()), Contains("60000"));
}

TEST_CASE("files are looked for in the directory given, then in XIBENCH_DATA") {
  TemporaryDirectory d;
  const auto& info = dataset_info(Term::parse("cifar10"), "test");
  const auto place = d.path / "cifar10" / "cifar-10-batches-bin";
  std::filesystem::create_directories(place);
  d.write("cifar10/cifar-10-batches-bin/data_batch_1.bin", "");
  CHECK(find_dataset(info, d.path.string()) == place.string());
  CHECK(find_dataset(info, place.string()) == place.string());
  ::setenv("XIBENCH_DATA", d.path.c_str(), 1);
  CHECK(find_dataset(info, "") == place.string());
  ::unsetenv("XIBENCH_DATA");
  CHECK_THROWS_WITH(find_dataset(info, ""), Contains("data_batch_1.bin") && Contains("cifar-10-binary.tar.gz"));
  CHECK_THROWS_WITH(find_dataset(info, "/nowhere"), Contains("/nowhere"));
}

TEST_CASE("CIFAR records are a label and three planes, for 100 classes a coarse label before") {
  TemporaryDirectory d;
  std::string ten, hundred;
  for (int record = 0; record < 3; ++record) {
    std::string pixels;
    for (int k = 0; k < 3072; ++k) pixels += static_cast<char>((k + record) % 251);
    ten += static_cast<char>(record + 7) + pixels;
    hundred += std::string{static_cast<char>(record), static_cast<char>(record + 90)} + pixels;
  }
  d.write("ten.bin", ten);
  d.write("hundred.bin", hundred);
  Dataset set;
  set.train.shape = {3, 32, 32};
  set.classes = 10;
  append_cifar_file(set, set.train, d.path.string(), "ten.bin", 1, 3, "help");
  CHECK(set.train.labels == std::vector<std::int32_t>{7, 8, 9});
  CHECK(set.train.image(1)[0] == 1);
  CHECK(set.train.image(2)[3071] == 3073 % 251);

  Dataset fine;
  fine.train.shape = {3, 32, 32};
  fine.classes = 100;
  append_cifar_file(fine, fine.train, d.path.string(), "hundred.bin", 2, -1, "help");
  CHECK(fine.train.labels == std::vector<std::int32_t>{90, 91, 92});
  CHECK(fine.train.pixels == set.train.pixels);

  CHECK_THROWS_WITH(append_cifar_file(set, set.train, d.path.string(), "ten.bin", 1, 10000, "help"),
                    Contains("9219 bytes where 30730000 were expected") && Contains("help"));
  d.write("ten.bin", ten.substr(0, 5000));
  CHECK_THROWS_WITH(append_cifar_file(set, set.train, d.path.string(), "ten.bin", 1, -1, "help"), Contains("not a multiple of a record's 3073"));
  ten[0] = 11;
  d.write("ten.bin", ten);
  CHECK_THROWS_WITH(append_cifar_file(set, set.train, d.path.string(), "ten.bin", 1, -1, "help"), Contains("label 11 of record 0"));
}

TEST_CASE("an unknown set is refused with the nearest name") {
  CHECK_THROWS_WITH(load_dataset(Term::parse("cifar-10"), ""), Contains("did you mean 'cifar10'"));
  CHECK_THROWS_AS(load_dataset(Term::parse("cifar10(3)"), ""), Error);
}
