#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/mix/node_layout.hpp"

#include <cstdint>
#include <span>

namespace xib {

// Local displacement Θ = sqrt((1/n) Σ_i ‖Σ_j w_ij x_j - x_i‖²), the same on every rank, from the ‖·‖² of this rank's nodes, which Mixer::rounds() computes
// along with a round. For a fixed W, Ξ before that round is at most (2/p) Θ (Kong et al. 2021): a bound, not an estimate. For a W that is drawn anew in each
// round the bound holds for the mean of Θ over the draws. In a schedule with a period Θ is no bound, because a round may not change models that differ (p is
// NaN there).
double local_displacement(Communicator& communicator, const NodeLayout& layout, std::span<const double> moved);

// Bytes that all nodes together send for it with one node per rank: each sends one number to all others.
inline std::int64_t displacement_bytes(const NodeLayout& layout) { return std::int64_t{layout.nodes} * (layout.nodes - 1) * 8; }

}  // namespace xib
