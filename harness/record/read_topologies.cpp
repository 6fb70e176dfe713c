#include "harness/record/read_topologies.hpp"

#include <fmt/format.h>

#include "harness/record/layout.hpp"
#include "harness/record/read_array.hpp"

namespace xib {
namespace {

std::vector<double> read_csr(const Hdf5Reader& file, const std::string& path, std::size_t period, std::size_t nodes) {
  const auto indptr = read_array<std::int64_t>(file, path + "/indptr", {period, nodes + 1});
  const auto indices = file.dataset<std::int32_t>(path + "/indices");
  const auto weights = file.dataset<double>(path + "/weights");
  const auto inside = [](std::int64_t value, std::size_t limit) { return value >= 0 && static_cast<std::size_t>(value) <= limit; };
  bool ok = indices.size() == weights.size() && indptr.size() == period * (nodes + 1);
  for (const auto at : indptr) ok = ok && inside(at, weights.size());
  for (const auto column : indices) ok = ok && inside(column, nodes - 1);
  if (!ok) throw Hdf5Failure(path + ": the sparse matrix is inconsistent");

  std::vector<double> matrices(period * nodes * nodes, 0);
  for (std::size_t t = 0; t < period; ++t) {
    for (std::size_t i = 0; i < nodes; ++i) {
      const auto row = indptr.begin() + static_cast<std::ptrdiff_t>(t * (nodes + 1) + i);
      for (std::int64_t at = row[0]; at < row[1]; ++at) {
        const auto k = static_cast<std::size_t>(at);
        matrices[(t * nodes + i) * nodes + static_cast<std::size_t>(indices[k])] = weights[k];
      }
    }
  }
  return matrices;
}

TopologyRecord read_topology(const Hdf5Reader& file, const std::string& group, std::size_t nodes) {
  TopologyRecord topology;
  topology.name = file.attribute<std::string>(group, "name");
  topology.weights = file.attribute<std::string>(group, "weights");
  for (const auto& number : kTopologyNumbers)
    if (!number.optional || file.has_attribute(group, std::string(number.name)))
      topology.*number.member = file.attribute<double>(group, std::string(number.name));
  if (file.has_attribute(group, "contraction_rounds")) topology.contraction_rounds = file.attribute<std::int64_t>(group, "contraction_rounds");
  topology.degree = file.attribute<std::int32_t>(group, "degree");
  topology.period = file.attribute<std::int64_t>(group, "period");
  topology.seed = file.attribute<std::int64_t>(group, "seed");

  const auto period = static_cast<std::size_t>(topology.period);
  if (file.has(group + "/W/indptr")) {
    topology.matrices = read_csr(file, group + "/W", period, nodes);
  } else {
    topology.matrices = read_array<double>(file, group + "/W", period > 1 ? Shape{period, nodes, nodes} : Shape{nodes, nodes});
  }
  return topology;
}

}  // namespace

std::vector<TopologyRecord> read_topologies(const Hdf5Reader& file, std::size_t nodes) {
  std::vector<TopologyRecord> topologies;
  for (std::size_t k = 1; file.has(fmt::format("/topology/{}", k)); ++k) topologies.push_back(read_topology(file, fmt::format("/topology/{}", k), nodes));
  return topologies;
}

}  // namespace xib
