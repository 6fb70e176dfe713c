#pragma once

#include "harness/record/hdf5_handle.hpp"

// Only hdf5_*.cpp include this file.
namespace xib {

// File access list that lets HDF5 write to an open file, from its beginning. If a write fails, `error` gets its errno, and all further writes do nothing but
// seem to succeed, because HDF5 cannot close a file that it cannot write. Whoever closes the file then looks at `error`. Both must outlive the HDF5 file.
Handle disk_access(int fd, int& error);

}  // namespace xib
