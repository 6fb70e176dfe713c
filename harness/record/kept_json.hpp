#pragma once

#include <nlohmann/json.hpp>

#include "harness/record/kept_file.hpp"

namespace xib {

// An entry of a kept file; the text of its sweep file is elsewhere in the file, under the name that "source" has here.
nlohmann::ordered_json json_of(const KeptRun& run);

// Throws nlohmann::json::exception where something is missing or of another type.
KeptRun kept_run_of(const nlohmann::ordered_json& json);

std::string source_name(const std::string& source);                     // 16 hexadecimal digits of its SHA-256
std::string entry_checksum(const nlohmann::ordered_json& entry);        // likewise, of the entry without "checksum"
std::string difference_in_science(const KeptRun& a, const KeptRun& b);  // the first key by which two results of one run differ, "" where none

}  // namespace xib
