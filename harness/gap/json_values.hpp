#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/core/text.hpp"
#include "harness/gap/gap_table.hpp"

namespace xib {

// Values of the JSON that tables are written as.

using json = nlohmann::ordered_json;

inline json text(const std::string& value) { return valid_utf8(value); }  // names and provenance may hold any bytes
inline json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

inline json axes_json(const Axes& axes) {
  json object = json::object();
  for (const auto& [key, value] : axes) object[valid_utf8(key)] = text(value);
  return object;
}

}  // namespace xib
