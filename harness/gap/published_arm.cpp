#include "harness/gap/published_key.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "harness/core/check.hpp"

namespace xib {
namespace {

using nlohmann::json;

// The targets that the paper names, as shares of the uncontrolled distance; plain gossip in a phase is that distance itself.
constexpr std::array<std::pair<const char*, const char*>, 5> kTargets{
    {{"rounds(1)", "max"}, {"fraction(1)", "max"}, {"fraction(0.5)", "1/2"}, {"fraction(0.25)", "1/4"}, {"fraction(0.125)", "1/8"}}};

std::string text_at(const json& config, const char* pointer) {
  const auto value = config.value(json::json_pointer(pointer), json());
  return value.is_string() ? value.get<std::string>() : "";
}

std::vector<std::string> list_at(const json& config, const char* pointer) {
  std::vector<std::string> list;
  for (const auto& item : config.value(json::json_pointer(pointer), json::array()))
    if (item.is_string()) list.push_back(item.get<std::string>());
  return list;
}

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

std::optional<PublishedKey> published_key(const std::string& config_json) {
  const json config = json::parse(config_json, nullptr, false);
  if (!config.is_object() || text_at(config, "/data/partition") != "iid") return std::nullopt;
  PublishedKey key{text_at(config, "/data/dataset"), text_at(config, "/model/name"), config.value("/train/nodes"_json_pointer, 0), ""};
  const double width = config.value("/model/width"_json_pointer, 1.0);
  if (width != 1) key.model += fmt::format(" width {}", width);
  const std::string algorithm = text_at(config, "/train/algorithm");
  if (algorithm == "centralized") key.arm = "centralized";
  if (algorithm == "dsgd" && all_are(list_at(config, "/topology/name"), "ring")) key.arm = gossip_arm(list_at(config, "/control/policy"));
  return key.arm.empty() ? std::nullopt : std::optional(key);
}

std::string published_folder() { return XB_PUBLISHED_DIR; }

}  // namespace xib
