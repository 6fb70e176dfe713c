#pragma once

#include <string>
#include <string_view>

namespace xib {

// Text and numbers in the syntax of JSON. json_number(NaN) is null.
std::string json_string(std::string_view text);
std::string json_number(double value);

std::string run_id_of(std::string_view canonical_json);  // of a configuration

}  // namespace xib
