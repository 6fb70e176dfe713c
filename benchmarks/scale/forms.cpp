#include "benchmarks/scale/forms.hpp"

#include "benchmarks/scale/communications.hpp"
#include "harness/comm/single.hpp"
#include "harness/core/nan.hpp"
#include "harness/graph/traffic.hpp"
#include "harness/mix/column_exchange.hpp"
#include "harness/mix/column_slices.hpp"
#include "harness/mix/slice_sums.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace xib::scale {
namespace {

// Of a world of n nodes, one per rank, with models of `dim` floats.
struct Shape {
  int n;
  std::size_t dim;
  double model() const { return 4.0 * static_cast<double>(dim); }
  double others() const { return n - 1; }
  int tree() const { return std::bit_width(static_cast<unsigned>(n - 1)); }  // ceil(log2 n)
};

Form gossip(const Shape& s, const MixingMatrix& w) {
  const auto busiest = static_cast<double>(load_of(w).busiest);
  return {1, busiest * s.model(), busiest};
}

// Recursive halving and doubling, which Open MPI takes for models.
Form all_reduce(const Shape& s) {
  RunTraffic traffic;
  add_all_reduce(traffic, s.n, 2 * s.others() * s.model(), AllReduce::halving);
  return {traffic.serial_messages, traffic.serial_bytes, traffic.serial_messages};
}

// One way of a ColumnExchange: a rank with w columns gets them of all others, and hands out all but its own.
Form columns(const Shape& s, const ColumnBounds& bounds) {
  double busiest = 0;
  for (std::size_t r = 0; r + 1 < bounds.size(); ++r) {
    const auto mine = static_cast<double>(bounds[r + 1] - bounds[r]);
    busiest = std::max({busiest, s.others() * mine, static_cast<double>(s.dim) - mine});
  }
  return {1, 4 * busiest, s.others()};
}

// MPI_Allgatherv of so many bytes in all: Bruck's algorithm, which Open MPI takes below 50 kB.
Form all_gather(const Shape& s, double bytes) { return {static_cast<double>(s.tree()), bytes * s.others() / s.n, static_cast<double>(s.tree())}; }

// The sums of SliceSums: `shared` numbers for all ranks, `kept` for rank 0.
Form sums(const Shape& s, double shared, double kept) {
  const auto single = make_single_communicator();
  const ColumnSlices slices(s.n, s.dim);
  if (s.n <= SliceSums::kFew) {
    const double numbers = slices.count * (shared + kept), of_a_rank = std::ceil(static_cast<double>(slices.count) / s.n) * (shared + kept);
    if (numbers <= 6000) return all_gather(s, 8 * numbers);
    return {1, 8 * std::max(numbers - slices.count / s.n * (shared + kept), s.others() * of_a_rank), s.others()};
  }
  // As a reduce-scatter: a rank hands out its pieces' numbers, and gets its share of the numbers of all pieces.
  double pieces = 0, most = 0;
  for (int r = 0; r < s.n; ++r) {
    const SliceSums of(*single, {s.n, s.n, r}, s.dim);
    const auto mine = static_cast<double>(of.pieces().size() - 1);
    pieces += mine, most = std::max(most, mine);
  }
  const auto scatter = [&](double count) { return Form{1, 8 * std::max(most * count * s.others() / s.n, (pieces - 1) * std::ceil(count / s.n)), s.others()}; };
  Form form = scatter(shared);
  form += all_gather(s, 8 * shared);
  if (kept == 0) return form;
  form += scatter(kept);
  form += {1, 8 * kept * s.others() / s.n, 1};
  return form;
}

Form measure(const Shape& s, bool gram) {
  const auto single = make_single_communicator();
  Form form = columns(s, SliceSums(*single, {s.n, s.n, 0}, s.dim).columns());
  form += sums(s, s.n + 1.0, gram ? s.n * (s.n + 1.0) / 2 : 0);
  return form;
}

// A decision of rank 0, some 2 kB, to all: the tree of Open MPI has four branches from 16 nodes on, and two below.
Form decision(const Shape& s) {
  const int levels = s.n >= 16 ? (s.tree() + 1) / 2 : s.tree();
  return {static_cast<double>(levels), 0, static_cast<double>((s.n >= 16 ? 3 : 1) * levels)};
}

Form exact(const Shape& s) {
  Form form = columns(s, equal_columns(s.n, s.dim));
  form += form;
  return form;
}

}  // namespace

Form& Form::operator+=(const Form& more) {
  latencies += more.latencies, bytes += more.bytes, messages += more.messages;
  return *this;
}

Form closed_form(std::string_view name, int nodes, std::size_t dim, int rounds) {
  const Communication chosen = parse(name);
  const Shape s{nodes, dim};
  if (chosen.way == "all-reduce") return all_reduce(s);
  if (chosen.way == "exact") return exact(s);
  if (chosen.way == "distance") return measure(s, false);
  const MixingSchedule& w = schedule(chosen.graph, nodes);
  if (chosen.way == "gossip") return gossip(s, w.at(0));
  Form form;
  for (int t = 0; t < rounds; ++t) form += gossip(s, w.at(t));
  if (chosen.way == "loop") {
    const Form gauge = measure(s, false);
    for (int t = 0; t < rounds; ++t) form += gauge;
  } else {
    form += measure(s, true);
    form += decision(s);
    form += measure(s, false);
  }
  return form;
}

double cost_seconds(std::string_view name, int nodes, std::size_t dim, double latency_s, double bandwidth) {
  const Communication chosen = parse(name);
  const Shape s{nodes, dim};
  RunTraffic traffic;
  if (chosen.way == "exact") {
    add_all_reduce(traffic, nodes, 2 * s.others() * s.model());
  } else if (chosen.way == "all-reduce") {
    add_all_reduce(traffic, nodes, 2 * s.others() * s.model(), AllReduce::halving);
  } else if (chosen.way == "gossip") {
    const RoundLoad load = load_of(schedule(chosen.graph, nodes).at(0));
    add_gossip(traffic, {&load, 1}, static_cast<double>(load.messages) * s.model());
  } else {
    return kNaN;
  }
  return modelled_seconds(traffic, {latency_s, bandwidth});
}

std::string line(std::string_view name, int nodes, std::size_t dim, int rounds, double seconds, double latency_s, double bandwidth) {
  const Form form = closed_form(name, nodes, dim, rounds);
  const double cost = cost_seconds(name, nodes, dim, latency_s, bandwidth);
  const auto number = [](double value) { return std::isnan(value) ? std::string("null") : fmt::format("{:.6g}", value); };
  return fmt::format(
      R"({{"communication": "{}", "nodes": {}, "dim": {}, "rounds": {}, "seconds": {}, "closed_form_s": {:.6g}, "cost_s": {}, "latencies": {}, "busiest_bytes": {:.0f}, "busiest_messages": {}}})",
      name, nodes, dim, rounds, number(seconds), form.seconds(latency_s, bandwidth), number(cost), form.latencies, form.bytes, form.messages);
}

}  // namespace xib::scale
