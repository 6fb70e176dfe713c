#include "harness/record/hdf5_disk.hpp"

#if __has_include(<H5FDdevelop.h>)
#include <H5FDdevelop.h>  // HDF5 1.14 has the types of drivers there
#endif
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace xib {
namespace {

struct Target {
  int fd;
  int* error;
};

struct DiskFile {
  H5FD_t base{};  // first: HDF5 sees only this part
  Target target{};
  haddr_t end_of_addresses = 0, end_of_file = 0;
};
DiskFile& of(H5FD_t* file) { return *reinterpret_cast<DiskFile*>(file); }
const DiskFile& of(const H5FD_t* file) { return *reinterpret_cast<const DiskFile*>(file); }

H5FD_t* open_disk(const char*, unsigned, hid_t access, haddr_t) {
  const auto* target = static_cast<const Target*>(H5Pget_driver_info(access));
  if (!target) return nullptr;
  auto* file = new DiskFile;
  file->target = *target;
  return &file->base;
}

herr_t close_disk(H5FD_t* file) {
  delete &of(file);
  return 0;
}

herr_t features(const H5FD_t*, unsigned long* flags) {
  if (flags) *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

haddr_t end_of_addresses(const H5FD_t* file, H5FD_mem_t) { return of(file).end_of_addresses; }
herr_t set_end_of_addresses(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  of(file).end_of_addresses = address;
  return 0;
}
haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return of(file).end_of_file; }

herr_t read_disk(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t size, void* buffer) {
  auto* to = static_cast<char*>(buffer);
  while (size > 0) {
    const auto got = ::pread(of(file).target.fd, to, size, static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {  // beyond the end: nothing was written there yet
      std::memset(to, 0, size);
      return 0;
    }
    to += got, address += static_cast<haddr_t>(got), size -= static_cast<size_t>(got);
  }
  return 0;
}

herr_t write_disk(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t size, const void* buffer) {
  DiskFile& disk = of(file);
  const auto* from = static_cast<const char*>(buffer);
  disk.end_of_file = std::max(disk.end_of_file, address + size);
  while (size > 0 && *disk.target.error == 0) {
    const auto written = ::pwrite(disk.target.fd, from, size, static_cast<off_t>(address));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      *disk.target.error = written == 0 ? ENOSPC : errno;
      break;
    }
    from += written, address += static_cast<haddr_t>(written), size -= static_cast<size_t>(written);
  }
  return 0;
}

herr_t truncate_disk(H5FD_t* file, hid_t, hbool_t) {
  DiskFile& disk = of(file);
  if (disk.end_of_file == disk.end_of_addresses) return 0;
  if (*disk.target.error == 0 && ::ftruncate(disk.target.fd, static_cast<off_t>(disk.end_of_addresses)) != 0) *disk.target.error = errno;
  disk.end_of_file = disk.end_of_addresses;
  return 0;
}

hid_t driver() {
  static const hid_t id = [] {
    H5FD_class_t disk{};
#if H5_VERSION_GE(1, 14, 0)
    disk.version = H5FD_CLASS_VERSION;
    disk.value = static_cast<H5FD_class_value_t>(600);  // 512 and above: drivers that are not registered with The HDF Group
#endif
    disk.name = "xibench disk";
    disk.maxaddr = (haddr_t{1} << 62) - 1;
    disk.fc_degree = H5F_CLOSE_WEAK;
    disk.fapl_size = sizeof(Target);
    disk.open = open_disk;
    disk.close = close_disk;
    disk.query = features;
    disk.get_eoa = end_of_addresses;
    disk.set_eoa = set_end_of_addresses;
    disk.get_eof = end_of_file;
    disk.read = read_disk;
    disk.write = write_disk;
    disk.truncate = truncate_disk;
    constexpr H5FD_mem_t kMap[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(kMap), std::end(kMap), std::begin(disk.fl_map));
    return H5FDregister(&disk);
  }();
  check_hdf5(id, "H5FDregister");
  return id;
}

}  // namespace

Handle disk_access(int fd, int& error) {
  Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "H5Pcreate");
  const Target target{fd, &error};
  check_hdf5(H5Pset_driver(access, driver(), &target), "H5Pset_driver");
  return access;
}

}  // namespace xib
