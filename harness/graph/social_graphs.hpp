#pragma once

#include "harness/graph/topology.hpp"

// Observed social networks that the literature uses for training. Nodes are numbered in the order of networkx.
namespace xib::graphs {

constexpr int kKarateClub = 34, kDavisSouthernWomen = 32, kFlorentineFamilies = 15;

Topology karate_club();           // Zachary 1977: members of a club, 78 friendships
Topology davis_southern_women();  // Davis et al. 1941: women 0..17 and the events 18..31 that they attended, 89 edges
Topology florentine_families();   // Breiger and Pattison 1986: 20 marriages between families

}  // namespace xib::graphs
