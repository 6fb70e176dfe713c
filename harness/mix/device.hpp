#pragma once

#include "harness/core/space.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace xib {

// w_ij of a gossip round: row i takes from row `source` of x, or from row source - count of the halo.
struct MixTerm {
  int source;
  float weight;
};

// Where node matrices lie that are not in host memory, and what computes on them there, with the bits of the host's loops. It belongs to one
// thread, and does its work in the order of the calls (legacy default stream); what returns numbers to the host has waited for them. Every call
// throws Error(work), named after what failed. "Address": of this device's memory.
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string name() const = 0;         // cuda:0
  virtual std::string description() const = 0;  // card, memory, driver, runtime: for provenance

  virtual void* allocate(std::size_t bytes) = 0;  // zeros; the error says how much was asked for and how much is free
  virtual void release(void* memory) noexcept = 0;
  virtual void* allocate_pinned(std::size_t bytes) = 0;  // host memory that the device copies from and to by itself
  virtual void release_pinned(void* memory) noexcept = 0;
  // Any of host and device; done on return.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  // `rows` pieces of `width` bytes, a pitch apart; done on return where one side is host memory.
  virtual void copy_pieces(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t width, std::size_t rows) = 0;
  virtual void settle() = 0;  // waits for all that was asked for, and throws what went wrong since

  // Gossip rounds, as Mixer::rounds() has them. Several rounds only without a halo.
  struct MixRound {
    std::span<const int> first;      // count + 1: where the terms of a row begin
    std::span<const MixTerm> terms;  // without the diagonal
  };
  struct MixPass {
    float* x;           // count rows, `stride` floats apart
    const float* halo;  // halo_count rows likewise
    std::size_t stride, dim;
    int count, halo_count;
    std::span<const MixRound> rounds;
    float strength;
    std::span<double> moved;  // count numbers, or none: ‖·‖² of what the first round adds to each row
  };
  virtual void mix(const MixPass& pass) = 0;

  // Numbers of column slices, as NodeStatistics::measure() sums them: slice s is columns bounds[s] .. bounds[s + 1].
  struct MomentsPass {
    std::span<const float* const> rows;  // n addresses: rows[i][c] is column c of node i
    std::span<const std::size_t> bounds;
    bool gram;
    std::span<double> numbers;  // slices x (n squared distances, ‖mean‖², and with gram the pairs j <= i)
  };
  virtual void moments(const MomentsPass& pass) = 0;
  // mean[c] (an address) of columns begin .. end.
  virtual void mean(std::span<const float* const> rows, std::size_t begin, std::size_t end, float* mean) = 0;
  // Every row becomes the `dim` floats at `row`, an address.
  virtual void fill_rows(float* x, std::size_t stride, std::size_t dim, int count, const float* row) = 0;
  // ‖row‖² of every row, as dot() of mix/moments.hpp sums it.
  virtual void row_norms(const float* x, std::size_t stride, std::size_t dim, std::span<double> norms) = 0;

  // As Sketch sums it: bucket (c + rotation of its run) mod buckets gets column c of the run with its sign, run after run of a slice.
  struct SketchPass {
    const float* x;
    std::size_t stride, dim;
    int count, buckets;
    std::span<const std::size_t> first_run;   // slices + 1
    std::span<const std::uint32_t> signs;     // per run (buckets + 31) / 32 words: bit set for +1
    std::span<const std::uint32_t> rotation;  // per run
    std::span<double> parts;                  // slices x count x buckets
  };
  virtual void sketch(const SketchPass& pass) = 0;
};

// The `number`-th of the GPUs that this process sees: mix/cuda_device.cu. In builds without CUDA mix/no_device.cpp refuses.
std::unique_ptr<Device> make_cuda_device(int number);
int cuda_device_count();     // that this process sees; throws where there is no driver, or one that is older than the runtime
std::string cuda_version();  // of the runtime; "" in builds without it

}  // namespace xib
