#pragma once

#include <optional>
#include <string>

namespace xib {

// The line of the published tables (reference/kong2021) that a run corresponds to.
struct PublishedKey {
  std::string task, model;
  int n = 0;
  std::string arm;  // centralized, dsgd, phase 1 at max, phase 1 at 1/2 ...
};

// nullopt: no arm of the paper's experiments has this configuration (iid data, undirected ring, plain or controlled D-SGD).
std::optional<PublishedKey> published_key(const std::string& config_json);

std::string published_folder();  // of the source tree that this program was built from

}  // namespace xib
