#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sweep/problems.hpp"
#include "harness/sweep/toml_values.hpp"

namespace xib {

// The numbers of seeds that the key `looks` of a sweep file plans; nullopt: none, which goes to `problems`.
std::optional<std::vector<int>> read_looks(const Leaf& leaf, const std::string& where, Problems& problems);

// Those of a sweep that plans none: the number of its seeds, and then those of 3, 4, 6, 8, 12, 16, 24, 32, ... up to 16, or to twice its seeds,
// or to 1000.
std::vector<int> default_looks(std::size_t seeds);

// Whether the plan itself has added this variant, as the reference of others: nobody asked for its verdict, and none is waited for.
inline bool is_reference(std::string_view variant) { return variant.starts_with("reference: "); }

// The look, from 1, for which a sweep with looks does this seed; 0: none.
int look_of(std::int64_t seed, const std::vector<std::int64_t>& seeds, const std::vector<int>& looks);

// The first n seeds: those of the sweep file in its order, then the whole numbers above the largest.
std::vector<std::int64_t> first_seeds(const std::vector<std::int64_t>& seeds, std::size_t n);

}  // namespace xib
