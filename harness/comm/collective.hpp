#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/check.hpp"

#include <string>
#include <type_traits>
#include <vector>

namespace xib {

// Collective. Rank 0 computes a plain value, and all ranks get it. If rank 0 throws, all ranks throw the same, so that none waits for a missing answer.
template <class T, class Function>
T from_rank_0(Communicator& communicator, Function compute) {
  static_assert(std::is_trivially_copyable_v<T>);
  struct Answer {
    T value{};
    int fault = 0;
    bool diverged = false;
    char message[2048] = {};
  } answer;
  if (communicator.rank() == 0) try {
      answer.value = compute();
    } catch (const Error& error) {
      answer.fault = static_cast<int>(error.fault());
      answer.diverged = dynamic_cast<const Diverged*>(&error) != nullptr;
      fmt::format_to_n(answer.message, sizeof(answer.message) - 1, "{}", error.what());
    } catch (const std::exception& error) {
      answer.fault = static_cast<int>(Fault::work);
      fmt::format_to_n(answer.message, sizeof(answer.message) - 1, "{}", error.what());
    }
  communicator.broadcast(std::as_writable_bytes(std::span(&answer, 1)), 0);
  if (answer.diverged) throw Diverged(answer.message);
  if (answer.fault) throw Error(static_cast<Fault>(answer.fault), answer.message, true);
  return answer.value;
}

// Collective. The same for a text of any length.
template <class Function>
std::string text_from_rank_0(Communicator& communicator, Function compute) {
  std::string text;
  text.resize(from_rank_0<std::size_t>(communicator, [&] {
    text = compute();
    return text.size();
  }));
  communicator.broadcast(std::as_writable_bytes(std::span(text)), 0);
  return text;
}

// Collective. One number of every rank, in rank order, on all ranks.
inline std::vector<double> of_all_ranks(Communicator& communicator, double mine) {
  std::vector<double> all(static_cast<std::size_t>(communicator.size()));
  communicator.all_gather({&mine, 1}, std::vector<int>(all.size(), 1), all);
  return all;
}

// Collective. Every rank computes its part, which must not communicate. If ranks fail, all ranks throw the error of the lowest of them.
template <class Function>
auto on_every_rank(Communicator& communicator, Function compute) {
  decltype(compute()) result{};
  Error problem(Fault::work, "");
  double fault = 0;
  try {
    result = compute();
  } catch (const Error& error) {
    problem = error;
    fault = static_cast<double>(error.fault());
  } catch (const std::exception& error) {
    problem = Error(Fault::work, error.what());
    fault = static_cast<double>(Fault::work);
  }
  const std::vector<double> faults = of_all_ranks(communicator, fault);
  for (int rank = 0; rank < communicator.size(); ++rank) {
    if (faults[static_cast<std::size_t>(rank)] == 0) continue;
    std::string message = rank == communicator.rank() ? problem.what() : "";
    std::size_t length = message.size();
    communicator.broadcast(std::as_writable_bytes(std::span(&length, 1)), rank);
    message.resize(length);
    communicator.broadcast(std::as_writable_bytes(std::span(message)), rank);
    throw Error(static_cast<Fault>(static_cast<int>(faults[static_cast<std::size_t>(rank)])), message, true);
  }
  return result;
}

}  // namespace xib
