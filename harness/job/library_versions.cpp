#include "harness/job/library_versions.hpp"

#include "harness/comm/nccl_communicator.hpp"
#include "harness/mix/device.hpp"

#ifdef XB_WITH_MPI
#include <mpi.h>
#endif

namespace xib {
namespace {

std::string mpi_version() {
#ifdef XB_WITH_MPI
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  MPI_Get_library_version(text, &length);
  std::string version(text, static_cast<std::size_t>(length));
  return version.substr(0, version.find(','));
#else
  return "";
#endif
}

#ifndef XB_TORCH_VERSION
#define XB_TORCH_VERSION ""
#endif

}  // namespace

std::vector<std::pair<std::string, std::string>> library_versions() {
  return {{"libtorch", XB_TORCH_VERSION}, {"mpi", mpi_version()}, {"hdf5", XB_HDF5_VERSION}, {"nccl", nccl_version()}, {"cuda", cuda_version()}};
}

}  // namespace xib
