#pragma once

#include <string>

namespace xib {

// Arm of the paper's experiments that a resolved configuration is, by its algorithm and its policy in every phase: centralized, dsgd, "phase 1 at max",
// "phase 1 at 1/2" ...; "": none of them. published_settings.hpp compares the other settings.
std::string published_arm(const std::string& config_json);

}  // namespace xib
