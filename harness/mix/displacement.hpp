#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/mix/node_layout.hpp"

#include <cstdint>
#include <span>

namespace xib {

// The local displacement Θ = sqrt((1/n) Σ_i ‖Σ_j w_ij x_j - x_i‖²) from the ‖·‖² of this rank's nodes, which Mixer::rounds() gives away with a
// round. For a fixed W Ξ <= (2/p) Θ, with Ξ before that round (Kong et al. 2021): a bound, and no estimate. For a W that is drawn anew in
// each round it holds for the mean of Θ over the draws, not for each; in a schedule with a period Θ bounds nothing, as a round may leave
// models that differ as they are (there p is NaN). The same on every rank.
double local_displacement(Communicator& communicator, const NodeLayout& layout, std::span<const double> moved);

// Bytes that all nodes together send for it with one node per rank: one number each to all others.
inline std::int64_t displacement_bytes(const NodeLayout& layout) { return std::int64_t{layout.nodes} * (layout.nodes - 1) * 8; }

}  // namespace xib
