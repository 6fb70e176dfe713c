#include "tests/stand_in/stand_in.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace {

// What is waited for: set once.
class Flag {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_set_; });
  }
  bool is_set() {
    const std::lock_guard lock(mutex_);
    return is_set_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

// As -ftz=true: float denormals are zero on a stream.
void flush_denormals() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

bool is_slow(bool is_default) {
  const char* const which = std::getenv("XB_STAND_IN_SLOW");
  return which && std::string(which) == (is_default ? "default" : "other");
}

}  // namespace

// A stream is a thread with a queue: work is as asynchronous as on a device.
struct CUstream_st {
 public:
  explicit CUstream_st(bool is_default) : slow_(is_slow(is_default)), delay_us_(stand_in::number("XB_STAND_IN_DELAY_US", 0)), thread_([this] { work(); }) {}
  CUstream_st(const CUstream_st&) = delete;
  CUstream_st& operator=(const CUstream_st&) = delete;
  ~CUstream_st() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  void push(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    changed_.notify_all();
  }
  void wait() {
    const auto flag = std::make_shared<Flag>();
    push([flag] { flag->set(); });
    flag->wait();
  }

 private:
  void work() {
    flush_denormals();
    std::minstd_rand random(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(this) >> 4));
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ends_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      const long us = slow_ ? 3000 : delay_us_ > 0 ? static_cast<long>(random() % static_cast<unsigned long>(delay_us_)) : 0;
      if (us > 0) std::this_thread::sleep_for(std::chrono::microseconds(us));
      job();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ends_ = false, slow_;
  long delay_us_;
  std::thread thread_;
};

struct CUevent_st {
  std::shared_ptr<Flag> flag;
};

namespace {

thread_local int current = 0;

struct Machine {
  std::mutex mutex;
  std::map<int, std::unique_ptr<CUstream_st>> defaults;  // per device
  std::map<CUstream_st*, int> others;  // and their devices
  std::map<const char*, std::size_t> memory;
  std::size_t used = 0;
};
Machine& machine() {
  static Machine* const all = new Machine;  // streams' threads outlive static destructors
  return *all;
}

std::size_t memory_in_all() { return static_cast<std::size_t>(stand_in::number("XB_STAND_IN_MEMORY_MIB", 4096)) << 20; }
int devices() { return static_cast<int>(stand_in::number("XB_STAND_IN_DEVICES", 8)); }

CUstream_st& stream_of(cudaStream_t stream) {
  if (stream != nullptr && stream != cudaStreamLegacy) return *stream;
  const std::lock_guard lock(machine().mutex);
  auto& mine = machine().defaults[current];
  if (!mine) mine = std::make_unique<CUstream_st>(true);
  return *mine;
}

// The driver's state, as XB_STAND_IN_DRIVER says: none, old, exclusive.
cudaError_t driver() {
  const char* const state = std::getenv("XB_STAND_IN_DRIVER");
  const std::string is = state ? state : "";
  if (is == "none" || devices() == 0) return cudaErrorNoDevice;
  if (is == "old") return cudaErrorInsufficientDriver;
  return cudaSuccess;
}

bool is_exclusive() {
  const char* const state = std::getenv("XB_STAND_IN_DRIVER");
  return state && std::string(state) == "exclusive";
}

}  // namespace

namespace stand_in {

void enqueue(cudaStream_t stream, std::function<void()> work) { stream_of(stream).push(std::move(work)); }

bool is_device(const void* address) {
  const std::lock_guard lock(machine().mutex);
  const auto at = machine().memory.upper_bound(static_cast<const char*>(address));
  if (at == machine().memory.begin()) return false;
  const auto& [begin, size] = *std::prev(at);
  return static_cast<const char*>(address) < begin + size;
}

bool is_forgotten(const char* call) {
  const char* const list = std::getenv("XB_STAND_IN_FORGET");
  return list && ("," + std::string(list) + ",").find("," + std::string(call) + ",") != std::string::npos;
}

long number(const char* variable, long otherwise) {
  const char* const text = std::getenv(variable);
  return text ? std::atol(text) : otherwise;
}

}  // namespace stand_in

extern "C" {

cudaError_t cudaSetDevice(int device) {
  if (const auto state = driver(); state != cudaSuccess) return state;
  if (device < 0 || device >= devices()) return cudaErrorInvalidDevice;
  current = device;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) { return *device = current, cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* count) { return *count = devices(), driver(); }
cudaError_t cudaDriverGetVersion(int* version) { return *version = CUDART_VERSION, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::snprintf(properties->name, sizeof(properties->name), "stand-in for a GPU");
  properties->totalGlobalMem = memory_in_all();
  properties->major = 9;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetPCIBusId(char* text, int length, int device) {
  std::snprintf(text, static_cast<size_t>(length), "0000:%02x:00.0", static_cast<unsigned>(device));
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* left, size_t* all) {
  const std::lock_guard lock(machine().mutex);
  *all = memory_in_all();
  *left = *all - machine().used;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  const std::size_t whole = (bytes + 255) / 256 * 256;
  const std::lock_guard lock(machine().mutex);
  if (machine().used + whole > memory_in_all()) return cudaErrorMemoryAllocation;
  *memory = std::aligned_alloc(256, whole == 0 ? 256 : whole);
  if (!*memory) return cudaErrorMemoryAllocation;
  std::memset(*memory, 0xff, bytes);  // NaN: nothing may rely on zeros
  machine().memory[static_cast<char*>(*memory)] = whole;
  machine().used += whole;
  return cudaSuccess;
}
// As CUDA's, it waits for all work of the device.
cudaError_t cudaFree(void* memory) {
  if (is_exclusive() && !memory) return cudaErrorDevicesUnavailable;
  if (!memory) return cudaSuccess;
  std::vector<CUstream_st*> streams{&stream_of(nullptr)};
  {
    const std::lock_guard lock(machine().mutex);
    for (const auto& [stream, device] : machine().others)
      if (device == current) streams.push_back(stream);
  }
  for (CUstream_st* stream : streams) stream->wait();
  {
    const std::lock_guard lock(machine().mutex);
    const auto at = machine().memory.find(static_cast<char*>(memory));
    if (at == machine().memory.end()) std::abort();
    machine().used -= at->second;
    machine().memory.erase(at);
  }
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned) {
  *memory = std::malloc(bytes + 1);
  if (*memory) std::memset(*memory, 0xff, bytes);
  return *memory ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaFreeHost(void* memory) { return std::free(memory), cudaSuccess; }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  if (flags != cudaStreamNonBlocking) return cudaErrorInvalidValue;  // others wait for the default stream, which this one does not show
  *stream = new CUstream_st(false);
  const std::lock_guard lock(machine().mutex);
  machine().others[*stream] = current;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  {
    const std::lock_guard lock(machine().mutex);
    machine().others.erase(stream);
  }
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (!stand_in::is_forgotten("cudaStreamSynchronize")) stream_of(stream).wait();
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return *event = new CUevent_st, cudaSuccess; }
cudaError_t cudaEventDestroy(cudaEvent_t event) { return delete event, cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const auto flag = event->flag = std::make_shared<Flag>();
  stream_of(stream).push([flag] { flag->set(); });
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  return !event->flag || event->flag->is_set() || stand_in::is_forgotten("cudaEventQuery") ? cudaSuccess : cudaErrorNotReady;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (stand_in::is_forgotten("cudaStreamWaitEvent")) return cudaSuccess;
  if (const auto flag = event->flag) stream_of(stream).push([flag] { flag->wait(); });
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  stream_of(stream).push([=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t rows, cudaMemcpyKind, cudaStream_t stream) {
  if (to_pitch < width || from_pitch < width) return cudaErrorInvalidPitchValue;
  stream_of(stream).push([=] {
    for (size_t k = 0; k < rows; ++k) std::memcpy(static_cast<char*>(to) + k * to_pitch, static_cast<const char*>(from) + k * from_pitch, width);
  });
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  stream_of(stream).push([=] { std::memset(memory, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  stream_of(stream).push([=] { function(data); });
  return cudaSuccess;
}

const char* cudaGetErrorString(cudaError_t code) {
  switch (code) {
    case cudaSuccess: return "no error";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorInvalidDevice: return "invalid device ordinal";
    case cudaErrorDevicesUnavailable: return "CUDA-capable device(s) is/are busy or unavailable";
    case cudaErrorMemoryAllocation: return "out of memory";
    default: return "an error of the stand-in";
  }
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaPeekAtLastError() { return cudaSuccess; }

}
