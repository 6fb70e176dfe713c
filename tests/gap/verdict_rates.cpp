// Prints the simulated rates of harness/gap/README.md: verdict_rates [TABLES]. 20000 tables of each kind take about half a minute.

#include <fmt/format.h>

#include <cstdlib>

#include "tests/gap/verdict_rates.hpp"

int main(int argc, char** argv) {
  using namespace xib;
  const int tables = argc > 1 ? std::atoi(argv[1]) : 20000;
  if (tables < 1) return fmt::print(stderr, "verdict_rates: '{}' is no number of tables; give one such as 100000\n", argv[1]), 2;
  fmt::print("| seeds | δ / σ | true difference | gap | no gap | a wrong word | wrong, skewed |\n|--:|--:|--:|--:|--:|--:|--:|\n");
  std::uint64_t seed = 0;
  for (const int seeds : {3, 4, 5, 10})
    for (const double delta : {0.5, 2.0})
      for (const double truth : {0.0, 1.0, 2.0}) {
        const Rates r = rates_of_row(seeds, -truth * delta, delta, Noise::normal, tables, ++seed);
        const Rates skewed = rates_of_row(seeds, -truth * delta, delta, Noise::skewed, tables, ++seed);
        const std::string where = truth == 0 ? "0" : truth == 1 ? "δ" : "2 δ";
        fmt::print("| {} | {} | {} | {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % |\n", seeds, delta, where, 100 * r.gap, 100 * r.no_gap, 100 * r.wrong,
                   100 * skewed.wrong);
      }
  fmt::print("\n| rows | seeds | any wrong word in the table | with * | with *, skewed |\n|--:|--:|--:|--:|--:|\n");
  for (const int rows : {3, 12})
    for (const int seeds : {3, 5}) {
      const TableRates r = rates_of_table(rows, seeds, 0.5, Noise::normal, tables / 5 + 1, ++seed),
                       skewed = rates_of_table(rows, seeds, 0.5, Noise::skewed, tables / 5 + 1, ++seed);
      fmt::print("| {} | {} | {:.1f} % | {:.1f} % | {:.1f} % |\n", rows, seeds, 100 * r.alone, 100 * r.held, 100 * skewed.held);
    }
}
