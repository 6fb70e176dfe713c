#include "harness/cli/preflight_places.hpp"

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

namespace xib {
namespace {

std::string text_of(const RankPlace& place) {
  return fmt::format("{} {} {} {} {}", place.node, place.online, place.threads, place.processors.size(), fmt::join(place.processors, " "));
}

RankPlace place_of(const std::string& text) {
  std::istringstream in(text);
  RankPlace place;
  std::size_t count = 0;
  in >> place.node >> place.online >> place.threads >> count;
  place.processors.resize(count);
  for (int& processor : place.processors) in >> processor;
  return place;
}

struct Crowd {
  std::vector<int> ranks;
  std::set<int> processors;
  int threads = 0;
};

// Groups of ranks of one node that share processors, directly or through others.
std::vector<Crowd> crowds(const std::vector<RankPlace>& places, const std::vector<int>& ranks) {
  std::vector<Crowd> all;
  for (const int rank : ranks) {
    const RankPlace& place = places[static_cast<std::size_t>(rank)];
    Crowd mine{{rank}, {place.processors.begin(), place.processors.end()}, place.threads};
    std::erase_if(all, [&](const Crowd& other) {
      if (std::none_of(other.processors.begin(), other.processors.end(), [&](int p) { return mine.processors.contains(p); })) return false;
      mine.ranks.insert(mine.ranks.end(), other.ranks.begin(), other.ranks.end());
      mine.processors.insert(other.processors.begin(), other.processors.end());
      mine.threads += other.threads;
      return true;
    });
    std::sort(mine.ranks.begin(), mine.ranks.end());
    all.push_back(std::move(mine));
  }
  return all;
}

std::string describe(const Crowd& crowd) {
  return fmt::format("rank{} {}: {} thread{} on processor{} {}", crowd.ranks.size() == 1 ? "" : "s", fmt::join(crowd.ranks, ", "), crowd.threads,
                     crowd.threads == 1 ? "" : "s", crowd.processors.size() == 1 ? "" : "s", fmt::join(crowd.processors, ", "));
}

}  // namespace

std::vector<std::string> gather_texts(Communicator& communicator, const std::string& mine) {
  std::string framed = mine;
  std::replace(framed.begin(), framed.end(), '\n', ' ');
  framed += '\n';
  const auto all = communicator.gather(std::as_bytes(std::span(framed)));
  std::istringstream lines(std::string(reinterpret_cast<const char*>(all.data()), all.size()));
  std::vector<std::string> texts;
  for (std::string line; std::getline(lines, line);) texts.push_back(line);
  return texts;
}

std::vector<RankPlace> gather_places(Communicator& communicator, const std::function<RankPlace()>& place) {
  std::vector<RankPlace> places;
  for (const auto& text : gather_texts(communicator, text_of(place()))) places.push_back(place_of(text));
  return places;
}

std::vector<int> nodes_of_ranks(Communicator& communicator, const std::vector<RankPlace>& places) {
  std::vector<int> nodes(static_cast<std::size_t>(communicator.size()), 0);
  std::vector<std::string> names;
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    const auto at = std::find(names.begin(), names.end(), places[rank].node);
    nodes[rank] = static_cast<int>(at - names.begin());
    if (at == names.end()) names.push_back(places[rank].node);
  }
  communicator.broadcast(std::as_writable_bytes(std::span(nodes)), 0);
  return nodes;
}

void check_places(Preflight& preflight) {
  std::vector<std::vector<std::string>> of_nodes;
  bool bound = false;
  std::size_t bad = 0, most = 0, least = preflight.places.size();
  for (const auto& node : preflight.nodes) {
    std::vector<std::string> problems;
    for (const auto& crowd : crowds(preflight.places, node.ranks)) {
      if (crowd.threads <= std::ssize(crowd.processors)) continue;
      problems.push_back(describe(crowd));
      bound = bound || std::ssize(crowd.processors) < preflight.places[static_cast<std::size_t>(crowd.ranks.front())].online;
    }
    bad += !problems.empty();
    most = std::max(most, node.ranks.size());
    least = std::min(least, node.ranks.size());
    of_nodes.push_back(std::move(problems));
  }
  for (std::size_t n = 0; n < of_nodes.size(); ++n)
    for (const auto& problem : of_nodes[n]) {
      if (bad < of_nodes.size())
        preflight.nodes[n].problems.push_back(problem);
      else
        (bound ? preflight.launch_problems : preflight.remarks).push_back(fmt::format("{}: {}", preflight.nodes[n].node, problem));
    }
  if (most != least)
    preflight.remarks.push_back(fmt::format("between {} and {} ranks on a node: use --ntasks-per-node, which gives every node the same number", least, most));
}

double median_of(std::vector<double> values) {
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

}  // namespace xib
