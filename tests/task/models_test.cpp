#include "harness/task/models/models.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace xib;

namespace {

Network make(const std::string& text, const ModelOptions& options = {}, const ImageShape& shape = {3, 32, 32}, int classes = 10) {
  return make_network(Term::parse(text), options, shape, classes);
}

}  // namespace

TEST_CASE("ResNet-20 has the published number of parameters") {
  CHECK(make("resnet20").dim == 269'722);
  CHECK(make("resnet20", {.shortcut = "B"}).dim == 272'474);
  CHECK(make("resnet20").buffer_dim == 2 * (16 * 7 + 32 * 6 + 64 * 6));
  CHECK(make("resnet20", {.norm = "group"}).dim == 269'722);
  CHECK(make("resnet20", {.norm = "group"}).buffer_dim == 0);
}

TEST_CASE("the networks of the literature have the published number of parameters") {
  // kuangliu/pytorch-cifar, and summaries of it. torchvision says 11,689,512 for 1000 classes, with 7x7 pixels in the first convolution.
  CHECK(make("resnet18").dim == 11'173'962);
  CHECK(make("resnet18", {}, {3, 32, 32}, 1000).dim + 64 * 3 * (7 * 7 - 3 * 3) == 11'689'512);
  CHECK(make("resnet18").buffer_dim == 2 * (64 * 5 + 128 * 5 + 256 * 5 + 512 * 5));
  // PyTorch's MNIST example: 260 + 5,020 + 16,050 + 510.
  CHECK(make("lenet", {}, {1, 28, 28}).dim == 21'840);
  // VGG-11 of the studies of RelaySGD and QG-DSGDm on CIFAR-10 is without norm. Its layers: 9,220,480 in convolutions, twice 262,656, and 5,130.
  CHECK(make("vgg11", {.norm = "none"}).dim == 9'220'480 + 2 * 262'656 + 5'130);
  CHECK(make("vgg11").dim == 9'750'922 + 2752);  // a shift as before, now of the norm, and a scale
  // The perceptron of 4.2 million parameters of benchmarks/rivals.
  CHECK(make("mlp(1024, 1024)").dim == 4'206'602);
}

TEST_CASE("the small networks have the number of parameters that their layers say") {
  const ImageShape grey = {1, 28, 28};
  CHECK(make("logistic", {}, grey).dim == 784 * 10 + 10);
  CHECK(make("mlp(32, 16)", {}, grey).dim == 784 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10);
  CHECK(make("cnn", {}, grey).dim == 9 * 8 + 16 + 9 * 8 * 16 + 32 + 9 * 16 * 32 + 64 + 32 * 3 * 3 * 10 + 10);
  CHECK(make("cnn", {.norm = "none"}, grey).dim == 9 * 8 + 8 + 9 * 8 * 16 + 16 + 9 * 16 * 32 + 32 + 32 * 3 * 3 * 10 + 10);
  CHECK(make("cnn", {.width = 0.5}, grey).dim == 9 * 4 + 8 + 9 * 4 * 8 + 16 + 9 * 8 * 16 + 32 + 16 * 3 * 3 * 10 + 10);
}

TEST_CASE("the parameters of every model follow one another without gaps") {
  for (const auto& info : models()) {
    const auto network = make(info.arguments.empty() ? std::string(info.name) : std::string(info.name) + "(8)");
    std::size_t at = 0;
    for (const auto& p : network.parameters) {
      CHECK(p.offset == at);
      at += p.size;
    }
    CHECK(at == network.dim);
  }
}

TEST_CASE("the initial model depends on the seed only and has the deviation of He et al.") {
  const auto network = make("resnet20");
  std::vector<float> a(network.dim), b(network.dim), c(network.dim), statistics(network.buffer_dim, -1);
  draw_initial_model(network, 1, a, statistics);
  draw_initial_model(network, 1, b, statistics);
  draw_initial_model(network, 2, c, statistics);
  const auto& p = network.parameters[network.parameters.size() - 5];  // the last 3x3 convolution, 64 to 64
  double square = 0;
  for (std::size_t k = p.offset; k < p.offset + p.size; ++k) square += static_cast<double>(a[k]) * static_cast<double>(a[k]);

  CHECK(a == b);
  CHECK(a != c);
  REQUIRE(p.size == 64 * 64 * 9);
  // N = 36,864 numbers: the mean square has a relative deviation of sqrt(2/N) = 0.74 %; 5 of them.
  CHECK(square / static_cast<double>(p.size) == Approx(2.0 / (64 * 9)).epsilon(0.037));
  CHECK(std::count(statistics.begin(), statistics.end(), 0.0f) == static_cast<long>(network.buffer_dim / 2));
  CHECK(std::count(statistics.begin(), statistics.end(), 1.0f) == static_cast<long>(network.buffer_dim / 2));
}

TEST_CASE("what a model cannot be is refused by name") {
  CHECK_THROWS_WITH(make("resnet2"), Catch::Contains("resnet20"));
  CHECK_THROWS_AS(make("resnet20(3)"), Error);
  CHECK_THROWS_AS(make("mlp"), Error);
  CHECK_THROWS_AS(make("mlp(0)"), Error);
  CHECK_THROWS_AS(make("resnet20", {.width = 0}), Error);
  CHECK_THROWS_AS(make("logistic", {.width = 2}), Error);
  CHECK_THROWS_AS(make("resnet20", {.norm = "layer"}), Error);
  CHECK_THROWS_AS(make("mlp(8)", {.norm = "group"}), Error);
  CHECK_THROWS_AS(make("resnet20", {.shortcut = "C"}), Error);
  CHECK_THROWS_AS(make("cnn", {.shortcut = "B"}), Error);
  CHECK_THROWS_AS(make("cnn", {}, {1, 4, 4}), Error);
  CHECK_THROWS_AS(make("resnet18", {.shortcut = "B"}), Error);
  CHECK_THROWS_AS(make("lenet", {.norm = "group"}), Error);
  CHECK_THROWS_WITH(make("vgg11", {}, {3, 28, 28}), Catch::Contains("28x28") && Catch::Contains("too small"));
  CHECK_THROWS_WITH(make("lenet", {}, {1, 15, 15}), Catch::Contains("15x15") && Catch::Contains("too small"));
  CHECK(make("lenet", {}, {1, 16, 16}).dim == 260 + 5'020 + 20 * 50 + 50 + 510);
}
