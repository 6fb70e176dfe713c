#pragma once

#include "harness/core/text.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace xib {

// Text of --json. Paths, hosts and texts of files may have bytes that are not UTF-8, which JSON does not allow; they become \xNN.
inline std::string json_text(nlohmann::ordered_json json) {
  const auto make_valid = [](auto& self, nlohmann::ordered_json& part) -> void {
    if (part.is_string()) part = valid_utf8(part.get_ref<const std::string&>());
    if (part.is_structured())
      for (auto& inner : part) self(self, inner);
  };
  make_valid(make_valid, json);
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);  // replace: keys were not made valid above
}

}  // namespace xib
