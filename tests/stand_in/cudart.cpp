#include "tests/stand_in/stream.hpp"

#include <cstdio>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <vector>

struct CUevent_st {
  std::shared_ptr<stand_in::Flag> flag;
};

namespace {

thread_local int current = 0;

struct Machine {
  std::mutex mutex;
  std::map<int, std::unique_ptr<CUstream_st>> defaults;  // per device
  std::map<CUstream_st*, int> others;                    // and their devices
  std::map<const char*, std::size_t> memory;
  std::size_t used = 0;
};
Machine& machine() {
  static Machine* const all = new Machine;  // streams' threads outlive static destructors
  return *all;
}

std::size_t memory_in_all() { return static_cast<std::size_t>(stand_in::number("XB_STAND_IN_MEMORY_MIB", 4096)) << 20; }

// The GPUs of the machine that this process sees, as CUDA_VISIBLE_DEVICES says, by which Slurm binds them.
std::vector<int> visible() {
  const int all = static_cast<int>(stand_in::number("XB_STAND_IN_DEVICES", 8));
  std::vector<int> seen;
  const char* const list = std::getenv("CUDA_VISIBLE_DEVICES");
  std::istringstream words(list ? list : "");
  for (std::string word; std::getline(words, word, ',') && std::atoi(word.c_str()) < all;) seen.push_back(std::atoi(word.c_str()));
  for (int k = 0; !list && k < all; ++k) seen.push_back(k);
  return seen;
}
int devices() { return static_cast<int>(visible().size()); }

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
  if (is == "mismatch") return cudaErrorSystemDriverMismatch;
  if (is == "unready") return cudaErrorSystemNotReady;
  return cudaSuccess;
}

bool driver_is(const char* what) {
  const char* const state = std::getenv("XB_STAND_IN_DRIVER");
  return state && std::string(state) == what;
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
  std::snprintf(text, static_cast<size_t>(length), "0000:%02x:00.0", static_cast<unsigned>(visible().at(static_cast<std::size_t>(device))));
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
  if (driver_is("exclusive") && !memory) return cudaErrorDevicesUnavailable;
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
  const auto flag = event->flag = std::make_shared<stand_in::Flag>();
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
  if (driver_is("card")) return cudaErrorNoKernelImageForDevice;
  stream_of(stream).push([=] { function(data); });
  return cudaSuccess;
}

const char* cudaGetErrorString(cudaError_t code) {
  switch (code) {
    case cudaSuccess:
      return "no error";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorDevicesUnavailable:
      return "CUDA-capable device(s) is/are busy or unavailable";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorSystemDriverMismatch:
      return "system has unsupported display driver / cuda driver combination";
    case cudaErrorSystemNotReady:
      return "system not yet initialized";
    case cudaErrorNoKernelImageForDevice:
      return "no kernel image is available for execution on the device";
    default:
      return "an error of the stand-in";
  }
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaPeekAtLastError() { return cudaSuccess; }
}
