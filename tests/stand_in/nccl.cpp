#include "tests/stand_in/stand_in.hpp"

#include <nccl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// The calls of NCCL that are used, over Unix sockets: between threads of a process and between processes.
namespace {

struct Op {
  bool send;
  char* data;
  std::uint64_t bytes;
  int peer;
};

void pause_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

sockaddr_un address_of(const std::string& id, int rank, socklen_t& length) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "xibench-nccl-" + id + "-" + std::to_string(rank);  // abstract: it is gone with its process
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return address;
}

// All bytes of a small message, on a blocking socket.
bool whole(int socket, void* data, std::size_t bytes, bool writes) {
  auto* at = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t done = writes ? send(socket, at, bytes, MSG_NOSIGNAL) : recv(socket, at, bytes, 0);
    if (done <= 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
  return true;
}

// Of one peer, within one group: what is still to go out and to come in, each with its length before it.
struct Link {
  std::deque<Op> out, in;
  std::size_t out_done = 0, in_done = 0;  // bytes of the first of each, the 8 of its length included
  std::uint64_t in_length = 0;
};

}  // namespace

struct ncclComm {
  int rank = 0, ranks = 0;
  std::vector<int> sockets;  // per peer
  std::thread meeting;
  std::atomic<bool> is_open{false}, is_aborted{false}, is_final{false};
  std::atomic<int> under_way{0}, error{ncclSuccess};
  std::vector<Op> waiting;  // a group that is not on its stream yet, as where blocking = 0
  cudaStream_t stream = nullptr;
  int polls_left = 0;

  void meet(const std::string& id) {
    while (stand_in::number("XB_STAND_IN_NCCL_ABSENT", -1) == rank && !is_aborted) pause_a_little();
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = 0;
    const sockaddr_un mine = address_of(id, rank, length);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&mine), length) != 0 || listen(listener, ranks) != 0) error = ncclSystemError;
    for (int peer = 0; peer < rank && !is_aborted; ++peer) {
      const int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_un theirs = address_of(id, peer, length);
      while (connect(s, reinterpret_cast<const sockaddr*>(&theirs), length) != 0 && !is_aborted) pause_a_little();
      std::int32_t me = rank;
      whole(s, &me, sizeof(me), true);
      sockets[static_cast<std::size_t>(peer)] = s;
    }
    for (int come = rank + 1; come < ranks && !is_aborted;) {
      pollfd wait{listener, POLLIN, 0};
      if (poll(&wait, 1, 20) <= 0) continue;
      const int s = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      std::int32_t who = -1;
      if (s < 0 || !whole(s, &who, sizeof(who), false)) continue;
      sockets[static_cast<std::size_t>(who)] = s;
      ++come;
    }
    close(listener);
    is_open = true;
  }

  bool fails(ncclResult_t why) {
    error = why;
    return false;
  }

  // One step of what can be written to a peer.
  bool write_some(int socket, Link& link) {
    Op& op = link.out.front();
    const char* const from = link.out_done < 8 ? reinterpret_cast<const char*>(&op.bytes) + link.out_done : op.data + (link.out_done - 8);
    const std::size_t left = link.out_done < 8 ? 8 - link.out_done : op.bytes + 8 - link.out_done;
    const ssize_t done = send(socket, from, left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done < 0) return errno == EAGAIN || errno == EINTR ? true : fails(ncclRemoteError);
    link.out_done += static_cast<std::size_t>(done);
    if (link.out_done == op.bytes + 8) {
      link.out.pop_front();
      link.out_done = 0;
    }
    return true;
  }
  bool read_some(int socket, Link& link) {
    Op& op = link.in.front();
    const bool head = link.in_done < 8;
    char* const to = head ? reinterpret_cast<char*>(&link.in_length) + link.in_done : op.data + (link.in_done - 8);
    const std::size_t left = head ? 8 - link.in_done : op.bytes + 8 - link.in_done;
    const ssize_t done = recv(socket, to, left, MSG_DONTWAIT);
    if (done < 0) return errno == EAGAIN || errno == EINTR ? true : fails(ncclRemoteError);
    if (done == 0) return fails(ncclRemoteError);
    link.in_done += static_cast<std::size_t>(done);
    if (link.in_done == 8 && link.in_length != op.bytes) return fails(ncclInvalidUsage);  // stricter than NCCL, which hangs
    if (link.in_done == op.bytes + 8) {
      link.in.pop_front();
      link.in_done = 0;
    }
    return true;
  }

  bool move_all(std::vector<Link>& links) {
    Link& own = links[static_cast<std::size_t>(rank)];
    for (; !own.in.empty() || !own.out.empty(); own.in.pop_front(), own.out.pop_front()) {
      if (own.in.empty() || own.out.empty() || own.in.front().bytes != own.out.front().bytes) return fails(ncclInvalidUsage);
      std::memcpy(own.in.front().data, own.out.front().data, own.in.front().bytes);
    }
    for (;;) {
      std::vector<pollfd> polled;
      std::vector<std::size_t> who;
      for (std::size_t p = 0; p < links.size(); ++p) {
        const short events = static_cast<short>((links[p].out.empty() ? 0 : POLLOUT) | (links[p].in.empty() ? 0 : POLLIN));
        if (!events) continue;
        polled.push_back({sockets[p], events, 0});
        who.push_back(p);
      }
      if (polled.empty()) return true;
      if (is_aborted) return false;
      poll(polled.data(), polled.size(), 20);
      for (std::size_t k = 0; k < polled.size(); ++k) {
        Link& link = links[who[k]];
        if (polled[k].revents & (POLLIN | POLLHUP | POLLERR) && !link.in.empty() && !read_some(polled[k].fd, link)) return false;
        if (polled[k].revents & (POLLOUT | POLLERR) && !link.out.empty() && !write_some(polled[k].fd, link)) return false;
      }
    }
  }

  void carry_out(const std::vector<Op>& ops) {
    std::vector<Link> links(static_cast<std::size_t>(ranks));
    for (const Op& op : ops) {
      Link& link = links[static_cast<std::size_t>(op.peer)];
      (op.send ? link.out : link.in).push_back(op);
    }
    const bool breaks = stand_in::number("XB_STAND_IN_NCCL_BREAKS", -1) == rank;
    if (breaks) fails(ncclSystemError);
    if (breaks || !move_all(links))
      while (!is_aborted) pause_a_little();  // as a kernel of NCCL, which ends when it is aborted and not before
    --under_way;
  }

  void start_waiting() {
    if (waiting.empty()) return;
    stand_in::enqueue(stream, [this, ops = std::move(waiting)] { carry_out(ops); });
    waiting.clear();
  }

  void end() {
    is_aborted = true;
    start_waiting();
    meeting.join();
    while (under_way > 0) pause_a_little();
    for (const int s : sockets)
      if (s >= 0) close(s);
  }
};

namespace {

thread_local int depth = 0;
thread_local std::vector<Op> group;
thread_local ncclComm* group_of = nullptr;
thread_local cudaStream_t group_stream = nullptr;

ncclResult_t add(bool is_send, const void* data, std::size_t count, ncclDataType_t type, int peer, ncclComm* comm, cudaStream_t stream) {
  if (type != ncclFloat || depth == 0 || peer < 0 || peer >= comm->ranks || !stand_in::is_device(data)) return ncclInvalidArgument;
  if (!comm->is_open) return ncclInvalidUsage;
  group.push_back({is_send, static_cast<char*>(const_cast<void*>(data)), count * 4, peer});
  group_of = comm;
  group_stream = stream;
  return ncclSuccess;
}

bool one_stays_away(const ncclComm* comm) { return comm->is_final && stand_in::number("XB_STAND_IN_NCCL_STAYS", 0) != 0; }

}  // namespace

extern "C" {

ncclResult_t ncclGetVersion(int* version) { return *version = NCCL_VERSION_CODE, ncclSuccess; }
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  static std::atomic<int> next{0};
  std::memset(id, 0, sizeof(*id));
  std::snprintf(id->internal, sizeof(id->internal), "%d-%d-%lld", static_cast<int>(getpid()), next++,
                static_cast<long long>(std::chrono::steady_clock::now().time_since_epoch().count()));
  return ncclSuccess;
}
ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank, ncclConfig_t* config) {
  if (!config || config->blocking != 0) return ncclInvalidUsage;
  auto* const made = *comm = new ncclComm;
  made->rank = rank;
  made->ranks = ranks;
  made->sockets.assign(static_cast<std::size_t>(ranks), -1);
  made->meeting = std::thread([made, name = std::string(id.internal)] { made->meet(name); });
  return ncclInProgress;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* error) {
  if (comm->polls_left > 0 && --comm->polls_left == 0) comm->start_waiting();
  *error = comm->error != ncclSuccess                                        ? static_cast<ncclResult_t>(comm->error.load())
           : comm->is_open && comm->polls_left == 0 && !one_stays_away(comm) ? ncclSuccess
                                                                             : ncclInProgress;
  return ncclSuccess;
}
ncclResult_t ncclCommAbort(ncclComm_t comm) {
  comm->end();
  delete comm;
  return ncclSuccess;
}
ncclResult_t ncclCommFinalize(ncclComm_t comm) {
  comm->is_final = true;
  comm->polls_left = 3;
  return ncclInProgress;
}
ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  while (!comm->is_final || comm->polls_left > 0 || one_stays_away(comm)) pause_a_little();  // as NCCL, it waits for all ranks
  return ncclCommAbort(comm);
}
ncclResult_t ncclGroupStart() { return ++depth, ncclSuccess; }
ncclResult_t ncclGroupEnd() {
  if (--depth > 0 || group.empty()) return ncclSuccess;
  ++group_of->under_way;
  group_of->waiting = std::move(group);
  group_of->stream = group_stream;
  group_of->polls_left = 3;  // it comes to its stream later, as where blocking = 0
  group.clear();
  return ncclInProgress;
}
ncclResult_t ncclSend(const void* data, size_t count, ncclDataType_t type, int peer, ncclComm_t comm, cudaStream_t stream) {
  return add(true, data, count, type, peer, comm, stream);
}
ncclResult_t ncclRecv(void* data, size_t count, ncclDataType_t type, int peer, ncclComm_t comm, cudaStream_t stream) {
  return add(false, data, count, type, peer, comm, stream);
}
const char* ncclGetErrorString(ncclResult_t code) {
  switch (code) {
    case ncclRemoteError:
      return "remote process exited or there was a network error";
    case ncclInvalidUsage:
      return "invalid usage";
    case ncclSystemError:
      return "unhandled system error (run with NCCL_DEBUG=INFO for details)";
    default:
      return "an error of the stand-in";
  }
}
const char* ncclGetLastError(ncclComm_t comm) { return comm->error == ncclSystemError ? "Call to ibv_modify_qp failed with error Connection timed out" : ""; }
}
