#include "harness/cli/network_flag.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>

#include "harness/core/check.hpp"

namespace xib {
namespace {

struct Unit {
  std::string_view name;
  double size;
};
constexpr std::array<Unit, 8> kTimes = {{{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"µs", 1e-6}, {"μs", 1e-6}, {"ns", 1e-9}, {"min", 60}}};
constexpr std::array<Unit, 10> kRates = {{{"b/s", 0.125},
                                          {"kb/s", 125},
                                          {"Mb/s", 125e3},
                                          {"Gb/s", 125e6},
                                          {"Tb/s", 125e9},
                                          {"B/s", 1},
                                          {"kB/s", 1e3},
                                          {"MB/s", 1e6},
                                          {"GB/s", 1e9},
                                          {"TB/s", 1e12}}};

// A number and one of the units; nothing where it is neither.
template <std::size_t n>
std::optional<double> with_unit(std::string_view text, const std::array<Unit, n>& units) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  if (error != std::errc()) return std::nullopt;
  for (const Unit& unit : units)
    if (unit.name == rest && std::isfinite(value * unit.size)) return value * unit.size;
  return std::nullopt;
}

}  // namespace

double parse_seconds(const std::string& text, const std::string& flag) {
  const auto value = with_unit(text, kTimes);
  require(value && *value >= 0, Key{flag}, "'{}' is no time; write one such as 50us (ns, us, ms, s, min)", text);
  return *value;
}

Interconnect parse_network(const std::string& text, const std::string& flag, Interconnect network) {
  std::set<std::string> seen;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at), name = part.substr(0, part.find('=')), value = part.substr(std::min(part.size(), name.size() + 1));
    at = end + 1;
    require(seen.insert(name).second, Key{flag}, "'{}' names {} twice; name it once", text, name);
    if (name == "latency") {
      network.latency_s = parse_seconds(value, flag);
    } else if (name == "bandwidth") {
      const auto rate = with_unit(value, kRates);
      require(rate && *rate > 0, Key{flag}, "'{}' is no bandwidth; write one such as 10Gb/s or 1.25GB/s (b: bits, B: bytes; k, M, G, T)", value);
      network.bandwidth = *rate;
    } else {
      refuse(Key{flag}, "'{}' says nothing of a network; write latency=50us,bandwidth=10Gb/s", part);
    }
  }
  return network;
}

}  // namespace xib
