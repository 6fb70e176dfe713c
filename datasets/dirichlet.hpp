#pragma once

#include "datasets/partition.hpp"

namespace xib {

// dirichlet(alpha, smallest, group). The procedure behind the published non-iid results (epfml/quasi-global-momentum,
// pcode/datasets/partition_data.py; Lin et al. 2021): nodes form groups of `group`, each group gets a random part of the data in
// proportion to its size. Within a group, class by class, the images go to its nodes in shares drawn from Dirichlet(alpha), where
// a node that already has its average gets no more. All is drawn again until every node has `smallest` of the average: without
// groups and caps a small alpha on more nodes than classes could never succeed.
Shards dirichlet(const Term& term, const PartitionProblem& problem);
void check_dirichlet(const Term& term);

}  // namespace xib
