#pragma once

#include "harness/cli/preflight_checks.hpp"

#include <string>
#include <vector>

namespace xib {

// Collective: every rank's text, on rank 0; empty elsewhere.
std::vector<std::string> gather_texts(Communicator& communicator, const std::string& mine);

// Collective: where every rank is, on rank 0; empty elsewhere.
std::vector<RankPlace> gather_places(Communicator& communicator, const std::function<RankPlace()>& place);

// Collective, from rank 0's places; on every rank: the node of each rank, numbered in the order of their lowest ranks.
std::vector<int> nodes_of_ranks(Communicator& communicator, const std::vector<RankPlace>& places);

// Ranks that share processors need as many as they start threads. Too few on some nodes: a problem of these; on all: of the launch where ranks are bound,
// else a remark, as the nodes are just smaller than what was asked for.
void check_places(Preflight& preflight);

double median_of(std::vector<double> values);  // NaN of none

}  // namespace xib
