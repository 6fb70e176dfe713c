#pragma once

#include <string>

namespace xib {

// The arm of the paper's experiments that a resolved configuration is, by its algorithm and its policy in every phase: centralized, dsgd,
// "phase 1 at max", "phase 1 at 1/2" ... "" for anything else. Whether its settings are those of a published table is for
// published_settings.hpp to say.
std::string published_arm(const std::string& config_json);

}  // namespace xib
