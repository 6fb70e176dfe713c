#pragma once

#include "harness/cli/preflight_checks.hpp"

#include <string>
#include <vector>

namespace xib {

// Collective. Texts of all ranks on rank 0; empty on other ranks.
std::vector<std::string> gather_texts(Communicator& communicator, const std::string& mine);

// Collective. Places of all ranks on rank 0; empty on other ranks.
std::vector<RankPlace> gather_places(Communicator& communicator, const std::function<RankPlace()>& place);

// Collective. Node of each rank, on every rank; nodes are numbered in the order of their lowest ranks. places: those on rank 0.
std::vector<int> nodes_of_ranks(Communicator& communicator, const std::vector<RankPlace>& places);

// Checks that ranks which share processors have as many processors as they start threads. Too few on some nodes is a problem of these nodes. Too few on all
// nodes is a problem of the launch if ranks are bound; else it is a remark, because the nodes are just smaller than the request.
void check_places(Preflight& preflight);

double median_of(std::vector<double> values);  // NaN without values

}  // namespace xib
