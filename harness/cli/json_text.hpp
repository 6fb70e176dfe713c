#pragma once

#include "harness/core/text.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace xib {

// Texts for --json: paths, hosts and texts of files may hold bytes that are no UTF-8, which JSON must not; they become \xNN.
inline std::string json_text(nlohmann::ordered_json json) {
  const auto make_valid = [](auto& self, nlohmann::ordered_json& part) -> void {
    if (part.is_string()) part = valid_utf8(part.get_ref<const std::string&>());
    if (part.is_structured())
      for (auto& inner : part) self(self, inner);
  };
  make_valid(make_valid, json);
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);  // keys are not looked at
}

}  // namespace xib
