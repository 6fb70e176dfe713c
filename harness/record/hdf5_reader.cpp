#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <set>
#include <sstream>

#include "harness/core/hash.hpp"
#include "harness/record/hdf5_crash.hpp"
#include "harness/record/hdf5_file.hpp"
#include "harness/record/hdf5_handle.hpp"

namespace xib {
namespace {

// A run file never changes once it has its name: no locks are needed, and on some file systems (Lustre, NFS) there are none.
Handle open_file(const std::string& path) {
  Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "H5Pcreate");
#if H5_VERSION_GE(1, 10, 7)
  check_hdf5(H5Pset_file_locking(access, /*use=*/false, /*ignore_when_disabled=*/true), "H5Pset_file_locking");
#endif
  check_hdf5(H5Pset_cache(access, 0, /*slots=*/1, /*bytes=*/0, 0), "H5Pset_cache");  // every chunk is read once; a dataset would clear 4 kB of slots
  return own(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose, "H5Fopen");
}

std::size_t elements(hid_t space, const std::string& what) {
  const auto count = H5Sget_simple_extent_npoints(space);
  check_hdf5(count, what);
  return static_cast<std::size_t>(count);
}

bool is_variable_text(hid_t type) { return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0; }

// Values are either numbers, converted to T, or texts.
template <class T, class Read>
std::vector<T> read_values(hid_t type, hid_t space, const std::string& what, Read&& read) {
  const std::size_t count = elements(space, what);
  if constexpr (std::is_same_v<T, std::string>) {
    if (!is_variable_text(type)) throw Hdf5Failure(what + " is not a variable-length text");
    if (count == 0) return {};  // H5Dvlen_reclaim wants at least one
    std::vector<char*> pointers(count, nullptr);
    check_hdf5(read(type, pointers.data()), what);
    std::vector<std::string> texts;
    for (const char* pointer : pointers) texts.emplace_back(pointer ? pointer : "");
    check_hdf5(H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data()), what);
    return texts;
  } else {
    const auto kind = H5Tget_class(type);
    if (kind != H5T_INTEGER && kind != H5T_FLOAT) throw Hdf5Failure(what + " does not hold numbers");
    if (kind == H5T_FLOAT && std::is_integral_v<T>) throw Hdf5Failure(what + " holds fractions where integers belong");
    std::vector<T> values(count);
    check_hdf5(read(memory_type<T>(), values.data()), what);
    return values;
  }
}

// The bytes of a value in its own type, as the checksums of the manifest are made.
template <class Read>
std::vector<std::byte> raw_bytes(hid_t type, hid_t space, const std::string& what, Read&& read) {
  if (is_variable_text(type)) return bytes_of(std::span<const std::string>(read_values<std::string>(type, space, what, read)));
  std::vector<std::byte> bytes(elements(space, what) * H5Tget_size(type));
  check_hdf5(read(type, bytes.data()), what);
  return bytes;
}

}  // namespace

struct Hdf5Reader::State {
  NamesCrash crash;
  QuietHdf5 quiet;
  Handle transfer = own(H5Pcreate(H5P_DATASET_XFER), H5Pclose, "H5Pcreate");
  Handle file;
  Manifest manifest;
  mutable std::set<std::string> found;

  explicit State(const std::string& path);

  bool exists(const std::string& path) const {
    if (path == "/" || found.contains(path)) return true;
    const auto slash = path.rfind('/');  // H5Lexists wants every parent to exist
    if ((slash > 0 && !exists(path.substr(0, slash))) || H5Lexists(file, path.c_str(), H5P_DEFAULT) <= 0) return false;
    found.insert(path);
    return true;
  }
  Handle dataset(const std::string& path) const { return own(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose, path); }
  Handle attribute(const std::string& object, const std::string& name) const {
    return own(H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, object + "@" + name);
  }

  // Calls use(type, space, read) for the dataset or attribute.
  template <class Use>
  auto with_dataset(const std::string& path, Use&& use) const {
    Handle data = dataset(path);
    Handle type = own(H5Dget_type(data), H5Tclose, path);
    Handle space = own(H5Dget_space(data), H5Sclose, path);
    return use(static_cast<hid_t>(type), static_cast<hid_t>(space),
               [&](hid_t memory, void* out) { return H5Dread(data, memory, H5S_ALL, H5S_ALL, transfer, out); });
  }
  template <class Use>
  auto with_attribute(const std::string& object, const std::string& name, Use&& use) const {
    Handle data = attribute(object, name);
    Handle type = own(H5Aget_type(data), H5Tclose, object + "@" + name);
    Handle space = own(H5Aget_space(data), H5Sclose, object + "@" + name);
    return use(static_cast<hid_t>(type), static_cast<hid_t>(space), [&](hid_t memory, void* out) { return H5Aread(data, memory, out); });
  }
  // Calls use(bytes) for the values of a dataset in chunks, slab by slab. memory: type in memory, or negative: as in the file. False: there are no chunks.
  template <class Use>
  bool each_slab(const std::string& path, hid_t memory, Use&& use) const {
    Handle data = dataset(path);
    Handle type = own(H5Dget_type(data), H5Tclose, path);
    Handle list = own(H5Dget_create_plist(data), H5Pclose, path);
    Handle space = own(H5Dget_space(data), H5Sclose, path);
    const int rank = H5Sget_simple_extent_ndims(space);
    if (H5Pget_layout(list) != H5D_CHUNKED || rank < 1) return false;
    std::vector<hsize_t> size(static_cast<std::size_t>(rank)), chunk(size.size()), start, count;
    check_hdf5(H5Sget_simple_extent_dims(space, size.data(), nullptr), path);
    check_hdf5(H5Pget_chunk(list, rank, chunk.data()), path);
    const Slabs slabs({size.begin(), size.end()}, chunk);
    const hid_t to = memory < 0 ? static_cast<hid_t>(type) : memory;
    std::vector<std::byte> bytes;
    for (std::size_t position = 0, values; (values = slabs.at(position, start, count)) > 0; position += values) {
      const hsize_t all = values;
      Handle flat = own(H5Screate_simple(1, &all, nullptr), H5Sclose, path);
      check_hdf5(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), path);
      bytes.resize(values * H5Tget_size(to));
      check_hdf5(H5Dread(data, to, flat, space, transfer, bytes.data()), path);
      use(std::span<const std::byte>(bytes));
    }
    return true;
  }
  // As the manifest has it.
  std::string checksum_of(const std::string& path) const {
    const auto take = [&](hid_t type, hid_t space, auto read) { return raw_bytes(type, space, path, read); };
    const auto at = path.find('@');
    if (at != std::string::npos) return checksum(with_attribute(path.substr(0, at), path.substr(at + 1), take));
    const bool is_text = with_dataset(path, [](hid_t type, hid_t, auto) { return is_variable_text(type); });
    Sha256 hash;
    if (is_text || !each_slab(path, -1, [&](auto bytes) { hash.update(bytes); })) return checksum(with_dataset(path, take));
    return hash.hex().substr(0, 16);
  }
};

Hdf5Reader::State::State(const std::string& path) : crash(path), file(open_file(path)) {
  constexpr std::size_t kConverted = 16384;  // bytes at a time; HDF5 would clear 1 MiB for every text
  check_hdf5(H5Pset_buffer(transfer, kConverted, nullptr, nullptr), "H5Pset_buffer");
  if (H5Lexists(file, "/manifest", H5P_DEFAULT) <= 0) return;
  const auto take = [](hid_t type, hid_t space, auto read) { return read_values<std::string>(type, space, "/manifest", read); };
  for (const auto& text : with_dataset("/manifest", take)) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const auto blank = line.find(' ');
      if (blank == std::string::npos) throw Hdf5Failure("/manifest: a line without a blank: '" + line + "'");
      manifest[line.substr(blank + 1)] = line.substr(0, blank);
    }
  }
}

Hdf5Reader::Hdf5Reader(const std::string& path) : state_(new State(path)) {}
Hdf5Reader::~Hdf5Reader() = default;

bool Hdf5Reader::has(const std::string& path) const {
  if (state_->exists(path)) return true;
  // A damaged link must not pass for an optional dataset that was never there.
  const auto entry = state_->manifest.lower_bound(path);
  const bool was_written = entry != state_->manifest.end() && entry->first.starts_with(path) &&
                           (entry->first.size() == path.size() || entry->first[path.size()] == '@' || entry->first[path.size()] == '/');
  if (was_written) throw Hdf5Failure(path + " is missing, but was written");
  return false;
}

bool Hdf5Reader::has_attribute(const std::string& object, const std::string& name) const {
  return H5Aexists_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

bool Hdf5Reader::is_text(const std::string& path) const {
  Handle object = own(H5Oopen(state_->file, path.c_str(), H5P_DEFAULT), H5Oclose, path);
  if (H5Iget_type(object) != H5I_DATASET) return false;
  return state_->with_dataset(path, [](hid_t type, hid_t space, auto) { return is_variable_text(type) && H5Sget_simple_extent_type(space) == H5S_SCALAR; });
}

std::vector<std::string> Hdf5Reader::children(const std::string& group) const {
  std::vector<std::string> names;
  Handle target = own(H5Gopen2(state_->file, group.c_str(), H5P_DEFAULT), H5Gclose, group);
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check_hdf5(H5Literate(target, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names), group);
  return names;
}

std::vector<std::string> Hdf5Reader::text_attributes(const std::string& object) const {
  std::vector<std::string> names;
  Handle target = own(H5Oopen(state_->file, object.c_str(), H5P_DEFAULT), H5Oclose, object);
  const auto add = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check_hdf5(H5Aiterate2(target, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names), object);
  std::erase_if(names,
                [&](const std::string& name) { return state_->with_attribute(object, name, [](hid_t type, hid_t, auto) { return !is_variable_text(type); }); });
  return names;
}

Shape Hdf5Reader::shape(const std::string& path) const {
  return state_->with_dataset(path, [&](hid_t, hid_t space, auto) {
    const int rank = H5Sget_simple_extent_ndims(space);
    check_hdf5(rank, path);
    std::vector<hsize_t> size(static_cast<std::size_t>(rank));
    check_hdf5(H5Sget_simple_extent_dims(space, size.data(), nullptr), path);
    return Shape(size.begin(), size.end());
  });
}

template <class T>
std::vector<T> Hdf5Reader::dataset(const std::string& path) const {
  return state_->with_dataset(path, [&](hid_t type, hid_t space, auto read) {
    auto values = read_values<T>(type, space, path, read);
    compare(path, values);
    return values;
  });
}
template std::vector<double> Hdf5Reader::dataset(const std::string&) const;
template std::vector<float> Hdf5Reader::dataset(const std::string&) const;
template std::vector<std::int64_t> Hdf5Reader::dataset(const std::string&) const;
template std::vector<std::int32_t> Hdf5Reader::dataset(const std::string&) const;
template std::vector<std::int16_t> Hdf5Reader::dataset(const std::string&) const;
template std::vector<std::uint8_t> Hdf5Reader::dataset(const std::string&) const;
template std::vector<std::string> Hdf5Reader::dataset(const std::string&) const;

template <class T>
void Hdf5Reader::each(const std::string& path, const std::function<void(std::span<const T>)>& visit) const {
  const auto kind = state_->with_dataset(path, [](hid_t type, hid_t, auto) { return H5Tget_class(type); });
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) throw Hdf5Failure(path + " does not hold numbers");
  Sha256 hash;
  const auto take = [&](std::span<const std::byte> bytes) {
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    hash.update(bytes);
    visit(std::span<const T>(values));
  };
  if (!state_->each_slab(path, memory_type<T>(), take)) {
    visit(std::span<const T>(dataset<T>(path)));
    return;
  }
  const auto entry = state_->manifest.find(path);
  if (entry != state_->manifest.end() && hash.hex().substr(0, 16) != entry->second) throw Hdf5Failure(path + " is not what was written (checksum)");
}
template void Hdf5Reader::each(const std::string&, const std::function<void(std::span<const double>)>&) const;
template void Hdf5Reader::each(const std::string&, const std::function<void(std::span<const float>)>&) const;

std::string Hdf5Reader::text(const std::string& path) const {
  auto texts = dataset<std::string>(path);
  if (texts.size() != 1) throw Hdf5Failure(path + " is not a scalar text");
  return std::move(texts.front());
}

template <class T>
T Hdf5Reader::unchecked_attribute(const std::string& object, const std::string& name) const {
  const std::string path = object + "@" + name;
  return state_->with_attribute(object, name, [&](hid_t type, hid_t space, auto read) {
    auto values = read_values<T>(type, space, path, read);
    if (values.size() != 1) throw Hdf5Failure(path + " is not a scalar");
    return std::move(values.front());
  });
}
template <class T>
T Hdf5Reader::attribute(const std::string& object, const std::string& name) const {
  std::vector<T> values = {unchecked_attribute<T>(object, name)};
  compare(object + "@" + name, values);
  return std::move(values.front());
}
template std::string Hdf5Reader::unchecked_attribute(const std::string&, const std::string&) const;
template std::int64_t Hdf5Reader::unchecked_attribute(const std::string&, const std::string&) const;
template std::string Hdf5Reader::attribute(const std::string&, const std::string&) const;
template std::int64_t Hdf5Reader::attribute(const std::string&, const std::string&) const;
template std::int32_t Hdf5Reader::attribute(const std::string&, const std::string&) const;
template double Hdf5Reader::attribute(const std::string&, const std::string&) const;

template <class T>
void Hdf5Reader::compare(const std::string& path, const std::vector<T>& values) const {
  const auto entry = state_->manifest.find(path);
  if (entry == state_->manifest.end()) return;
  if (checksum(bytes_of(std::span<const T>(values))) != entry->second) throw Hdf5Failure(path + " is not what was written (checksum)");
}

std::size_t Hdf5Reader::verify() const {
  for (const auto& [path, sum] : state_->manifest) {
    if (state_->checksum_of(path) != sum) throw Hdf5Failure(path + " is not what was written (checksum)");
  }
  return state_->manifest.size();
}

}  // namespace xib
