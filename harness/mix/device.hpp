#pragma once

#include "harness/core/space.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace xib {

// Weight w_ij of a gossip round; x_j is row `source` of x, or row source - count of the halo.
struct MixTerm {
  int source;
  float weight;
};

// Memory for node matrices outside of host memory, and computation on them with the bits of the host's loops. A device belongs to one thread, and works in the
// order of the calls (legacy default stream). A call that returns numbers to the host has waited for them. Every call throws Error(work), which names the call
// that failed. An "address" is in the memory of this device.
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string name() const = 0;         // cuda:0
  virtual std::string description() const = 0;  // card, memory, driver, runtime: for provenance

  virtual void* allocate(std::size_t bytes) = 0;  // zeros; the error has the requested and the free bytes
  virtual void release(void* memory) noexcept = 0;
  virtual void* allocate_pinned(std::size_t bytes) = 0;  // host memory that the device can copy from and to by itself
  virtual void release_pinned(void* memory) noexcept = 0;
  // Copies between any of host and device; done on return.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  // Copies `rows` pieces of `width` bytes, a pitch apart; done on return if one side is host memory.
  virtual void copy_pieces(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t width, std::size_t rows) = 0;
  virtual void settle() = 0;  // waits for all work, and throws errors that occurred since the last wait

  // Gossip rounds, as in Mixer::rounds(). Several rounds only without a halo.
  struct MixRound {
    std::span<const int> first;      // count + 1: index of the first term of each row
    std::span<const MixTerm> terms;  // without the diagonal
  };
  struct MixPass {
    float* x;           // count rows, `stride` floats apart
    const float* halo;  // halo_count rows likewise
    std::size_t stride, dim;
    int count, halo_count;
    std::span<const MixRound> rounds;
    float strength;
    std::span<double> moved;  // count numbers, or none: ‖·‖² of the change of each row in the first round
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
  // Mean of columns begin .. end, to the address `mean`.
  virtual void mean(std::span<const float* const> rows, std::size_t begin, std::size_t end, float* mean) = 0;
  // Sets every row to the `dim` floats at the address `row`.
  virtual void fill_rows(float* x, std::size_t stride, std::size_t dim, int count, const float* row) = 0;
  // ‖row‖² of every row, summed as in dot() of mix/moments.hpp.
  virtual void row_norms(const float* x, std::size_t stride, std::size_t dim, std::span<double> norms) = 0;

  // Sums of Sketch: bucket (c + rotation of its run) mod buckets gets column c of the run with its sign, run after run of a slice.
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

// Makes the `number`-th GPU that this process sees (cuda_device.cu). Builds without CUDA refuse (no_device.cpp).
std::unique_ptr<Device> make_cuda_device(int number);
int cuda_device_count();     // GPUs that this process sees; throws if there is no driver, or if it is older than the runtime
std::string cuda_version();  // of the runtime; "" in builds without it

}  // namespace xib
