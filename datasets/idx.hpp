#pragma once

#include "datasets/dataset.hpp"

namespace xib {

// A set in the layout of MNIST: train- and t10k- files in IDX format (yann.lecun.com/exdb/mnist), plain or gzip, 10 classes.
Dataset load_idx(std::string_view name, const std::string& directory, std::vector<float> mean, std::vector<float> stddev);

}  // namespace xib
