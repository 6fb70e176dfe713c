#pragma once

#include "datasets/dataset.hpp"

namespace xib {

// The official binary versions (www.cs.toronto.edu/~kriz/cifar.html): records of label bytes and 3072 pixel bytes, planes R, G, B.
Dataset make_cifar10(const Term& term, const std::string& directory);
Dataset make_cifar100(const Term& term, const std::string& directory);  // two label bytes, coarse and fine: the fine one counts

// One file of `records` such records, appended to `set`; -1: as many as it holds. `label_bytes` 1 or 2; the last one is used.
void append_cifar_file(Dataset& dataset, ImageSet& set, const std::string& directory, const std::string& name, int label_bytes, std::int64_t records,
                       std::string_view remedy);

}  // namespace xib
