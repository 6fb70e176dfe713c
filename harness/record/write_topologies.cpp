#include "harness/record/write_topologies.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/record/layout.hpp"

namespace xib {
namespace {

bool has_matrices(const TopologyRecord& topology) { return !topology.matrices.empty() || topology.row_of; }

// Calls use(node, row) for the rows of the matrices of all rounds, in order.
template <class Use>
void each_row(const TopologyRecord& topology, std::size_t nodes, Use&& use) {
  std::vector<double> row(nodes);
  for (std::size_t at = 0; at < static_cast<std::size_t>(topology.period) * nodes; ++at) {
    if (topology.matrices.empty()) {
      topology.row_of(static_cast<std::int64_t>(at / nodes), static_cast<std::int64_t>(at % nodes), row);
      use(at % nodes, std::span<const double>(row));
    } else {
      use(at % nodes, std::span<const double>(topology.matrices).subspan(at * nodes, nodes));
    }
  }
}

void write_csr(Hdf5Writer& file, const std::string& path, const TopologyRecord& topology, std::size_t nodes, const std::string& rounds) {
  std::vector<std::int64_t> indptr;
  std::vector<std::int32_t> indices;
  std::vector<double> weights;
  each_row(topology, nodes, [&](std::size_t node, std::span<const double> row) {
    if (node == 0) indptr.push_back(static_cast<std::int64_t>(indices.size()));
    for (std::size_t column = 0; column < nodes; ++column) {
      if (row[column] != 0) {
        indices.push_back(static_cast<std::int32_t>(column));
        weights.push_back(row[column]);
      }
    }
    indptr.push_back(static_cast<std::int64_t>(indices.size()));
  });
  file.group(path, "NXcollection");
  file.dataset(path + "/indptr", indptr, {static_cast<std::size_t>(topology.period), nodes + 1},
               {"1", "row i of matrix t: entries indptr[t, i] to indptr[t, i + 1] of indices and weights", kScience});
  file.attach(path + "/indptr", 0, rounds);
  file.dataset(path + "/indices", indices, {indices.size()}, {"1", "column of each weight", kScience});
  file.dataset(path + "/weights", weights, {weights.size()}, {"1", "mixing weights that are not zero", kScience});
}

}  // namespace

void write_topologies(Hdf5Writer& file, const RunRecord& record) {
  file.group("/topology", "NXcollection");
  const auto nodes = static_cast<std::size_t>(record.nodes);
  for (std::size_t k = 0; k < record.topologies.size(); ++k) {
    const TopologyRecord& topology = record.topologies[k];
    const std::string group = fmt::format("/topology/{}", k + 1);
    file.group(group, "NXcollection");
    file.attribute(group, "name", topology.name);
    file.attribute(group, "weights", topology.weights);
    for (const auto& number : kTopologyNumbers) file.attribute(group, std::string(number.name), topology.*number.member);
    file.attribute(group, "contraction_rounds", topology.contraction_rounds);
    file.attribute(group, "degree", topology.degree);
    file.attribute(group, "period", topology.period);
    file.attribute(group, "seed", topology.seed);

    const std::string path = group + "/W";
    if (!has_matrices(topology)) continue;
    const std::string rounds = group + "/round";
    const bool sparse = record.nodes > kLargestDenseTopology;
    if (sparse || topology.period > 1) file.axis(rounds, static_cast<std::size_t>(topology.period), 0, "round of the period");
    if (sparse) {
      write_csr(file, path, topology, nodes, rounds);
      continue;
    }
    Shape shape = {nodes, nodes};
    if (topology.period > 1) shape.insert(shape.begin(), static_cast<std::size_t>(topology.period));
    auto matrices = file.stream<double>(path, shape, {"1", "mixing matrix: x_i becomes the sum over j of W[i, j] x_j", kScience});
    each_row(topology, nodes, [&](std::size_t, std::span<const double> row) { matrices.append(row); });
    matrices.finish();
    if (topology.period > 1) file.attach(path, 0, rounds);
    file.attach(path, shape.size() - 2, "/nodes/node");
    file.attach(path, shape.size() - 1, "/nodes/node");
  }
}

}  // namespace xib
