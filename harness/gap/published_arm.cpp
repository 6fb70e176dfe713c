#include "harness/gap/published_arm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace xib {
namespace {

using nlohmann::json;

// The targets that the paper names, as shares of the uncontrolled distance; plain gossip in a phase is that distance itself.
constexpr std::array<std::pair<const char*, const char*>, 5> kTargets{
    {{"rounds(1)", "max"}, {"fraction(1)", "max"}, {"fraction(0.5)", "1/2"}, {"fraction(0.25)", "1/4"}, {"fraction(0.125)", "1/8"}}};

bool all_are(const std::vector<std::string>& list, const std::string& value) {
  return !list.empty() && std::count(list.begin(), list.end(), value) == static_cast<std::ptrdiff_t>(list.size());
}

// dsgd, or "phase k at 1/2" where all other phases average exactly; "" for anything else.
std::string gossip_arm(const std::vector<std::string>& policies) {
  if (all_are(policies, "rounds(1)")) return "dsgd";
  const auto gossips = [](const std::string& policy) { return policy != "exact"; };
  const auto phase = std::find_if(policies.begin(), policies.end(), gossips);
  if (std::count_if(policies.begin(), policies.end(), gossips) != 1) return "";
  for (const auto& [policy, target] : kTargets)
    if (*phase == policy) return fmt::format("phase {} at {}", phase - policies.begin() + 1, target);
  return "";
}

}  // namespace

std::string published_arm(const std::string& config_json) {
  const json config = json::parse(config_json, nullptr, false);
  if (!config.is_object()) return "";
  const json algorithm = config.value("/train/algorithm"_json_pointer, json());
  if (algorithm == "centralized") return "centralized";
  if (algorithm != "dsgd") return "";
  std::vector<std::string> policies;
  for (const auto& policy : config.value("/control/policy"_json_pointer, json::array()))
    if (policy.is_string()) policies.push_back(policy.get<std::string>());
  return gossip_arm(policies);
}

}  // namespace xib
