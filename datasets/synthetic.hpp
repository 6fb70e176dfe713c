#pragma once

#include "datasets/dataset.hpp"

namespace xib {

// Image = 128 + 48 * pattern of its class + noise, rounded and clamped to bytes. The patterns are uniform in {-1, 1} on 4x4 blocks;
// labels go round robin. Everything depends on the term's own seed only, so that runs of several seeds learn the same set.
Dataset make_synthetic(const Term& term, const std::string& directory);
DatasetFacts synthetic_facts(const Term& term);

}  // namespace xib
