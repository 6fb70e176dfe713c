#include "reference/network.hpp"

#include <algorithm>

namespace xib::reference {

double seconds_of(const Rounds& rounds, int nodes, double latency, double bandwidth) {
  double total = 0;
  for (const auto& round : rounds) {
    Vector sends(static_cast<std::size_t>(nodes), 0), receives = sends;
    for (const auto& message : round) {
      const double time = latency + message.bytes / bandwidth;
      sends[static_cast<std::size_t>(message.from)] += time;
      receives[static_cast<std::size_t>(message.to)] += time;
    }
    total += std::max(*std::max_element(sends.begin(), sends.end()), *std::max_element(receives.begin(), receives.end()));
  }
  return total;
}

Rounds gossip(const Matrix& w, double model) {
  Round round;
  for (std::size_t i = 0; i < w.size(); ++i)
    for (std::size_t j = 0; j < w.size(); ++j)
      if (i != j && w[i][j] != 0) round.push_back({static_cast<int>(j), static_cast<int>(i), model});
  return {round};
}

Rounds ring_all_reduce(int nodes, double model) {
  Round round;
  for (int i = 0; i < nodes; ++i) round.push_back({i, (i + 1) % nodes, model / nodes});
  return Rounds(static_cast<std::size_t>(2 * (nodes - 1)), round);
}

Rounds halving_all_reduce(int nodes, double model) {
  int power = 1;
  while (2 * power <= nodes) power *= 2;
  Rounds rounds;
  Round before, after;
  for (int i = power; i < nodes; ++i) {
    before.push_back({i, i - power, model});
    after.push_back({i - power, i, model});
  }
  if (!before.empty()) rounds.push_back(before);
  double piece = model;
  for (int distance = power / 2; distance > 0; distance /= 2) {  // half of what a node still sums goes to its partner
    piece /= 2;
    Round round;
    for (int i = 0; i < power; ++i) round.push_back({i, i ^ distance, piece});
    rounds.push_back(round);
  }
  for (int distance = 1; distance < power; distance *= 2) {  // and what it knows goes back
    Round round;
    for (int i = 0; i < power; ++i) round.push_back({i, i ^ distance, piece});
    rounds.push_back(round);
    piece *= 2;
  }
  if (!after.empty()) rounds.push_back(after);
  return rounds;
}

Rounds all_to_all(int nodes, double message) {
  Rounds rounds;
  for (int shift = 1; shift < nodes; ++shift) {
    Round round;
    for (int i = 0; i < nodes; ++i) round.push_back({i, (i + shift) % nodes, message});
    rounds.push_back(round);
  }
  return rounds;
}

Rounds answer_of_rank_0(int nodes) {
  Rounds rounds;
  for (int know = 1; know < nodes; know *= 2) {
    Round round;
    for (int i = 0; i < know && i + know < nodes; ++i) round.push_back({i, i + know, 0});
    rounds.push_back(round);
  }
  return rounds;
}

Rounds operator+(Rounds first, const Rounds& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace xib::reference
