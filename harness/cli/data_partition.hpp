#pragma once

#include <cstdint>
#include <string>

namespace xib {

struct PartitionOptions {
  std::string dataset, partition = "iid";
  int nodes = 16;
  std::int64_t seed = 1;
  double validation = 0;
  bool json = false, csv = false;
};

// Prints the number of images of each class on every node, and how far its class distribution is from that of all nodes. Returns the exit status.
int show_partition(const PartitionOptions& options, const std::string& data_directory);

}  // namespace xib
