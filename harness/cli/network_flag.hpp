#pragma once

#include <string>

#include "harness/graph/traffic.hpp"

namespace xib {

// A time such as 50us, 8.4ms, 1e-3 (s): seconds, at least 0. Throws Error(input) with `flag` as its key.
double parse_seconds(const std::string& text, const std::string& flag);

// latency=50us,bandwidth=10Gb/s: both or one of them, the other as it was in `network`. Bits (b) or bytes (B) per second with decimal prefixes.
Interconnect parse_network(const std::string& text, const std::string& flag, Interconnect network = {});

}  // namespace xib
