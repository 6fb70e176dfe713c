#include <hdf5_hl.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>

#include "harness/core/hash.hpp"
#include "harness/core/text.hpp"
#include "harness/record/axis_title.hpp"
#include "harness/record/hdf5_disk.hpp"
#include "harness/record/hdf5_file.hpp"
#include "harness/record/hdf5_handle.hpp"

namespace xib {
namespace {

constexpr std::size_t kChunk1d = 4096, kChunkElements = 65536;

std::vector<hsize_t> chunk_of(const Shape& shape) {
  if (shape.size() == 1) return {std::clamp<std::size_t>(shape[0], 1, kChunk1d)};  // a chunk is read whole, however few its values
  std::vector<hsize_t> chunk(shape.size(), 1);
  std::size_t room = kChunkElements;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    chunk[axis] = std::max<std::size_t>(1, std::min(shape[axis], room));
    room /= chunk[axis];
  }
  return chunk;
}

// Texts have no filters: HDF5 would apply them to the pointers only (and refuses Fletcher32); the manifest covers them.
Handle creation_list(const Shape& shape, bool is_text) {
  Handle list = own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "H5Pcreate");
  check_hdf5(H5Pset_obj_track_times(list, false), "H5Pset_obj_track_times");  // equal records make equal files
  if (shape.empty() || is_text) return list;
  const auto chunk = chunk_of(shape);
  check_hdf5(H5Pset_chunk(list, static_cast<int>(chunk.size()), chunk.data()), "H5Pset_chunk");
  check_hdf5(H5Pset_shuffle(list), "H5Pset_shuffle");
  check_hdf5(H5Pset_deflate(list, 4), "H5Pset_deflate");
  check_hdf5(H5Pset_fletcher32(list), "H5Pset_fletcher32");
  return list;
}

Handle space_of(const Shape& shape, bool is_text) {
  if (shape.empty()) return own(H5Screate(H5S_SCALAR), H5Sclose, "H5Screate");
  const std::vector<hsize_t> size(shape.begin(), shape.end());
  const hsize_t unlimited = H5S_UNLIMITED;  // a chunk may only exceed the extent where that is not fixed
  return own(H5Screate_simple(static_cast<int>(size.size()), size.data(), size.size() == 1 && !is_text ? &unlimited : nullptr), H5Sclose, "H5Screate_simple");
}

std::vector<const char*> pointers(std::span<const std::string> texts) {
  std::vector<const char*> out;
  for (const auto& text : texts) out.push_back(text.c_str());
  return out;
}

}  // namespace

// A stream's dataset, and the line of the manifest that it will get.
struct OpenDataset {
  OpenDataset(std::string its_path, Handle its_data, Shape shape, Manifest& its_manifest, const int* its_error)
      : path(std::move(its_path)), data(std::move(its_data)), slabs(shape, chunk_of(shape)), manifest(&its_manifest), error(its_error) {}

  std::size_t room() { return slabs.at(position, start, count); }  // values to the end of the slab

  // As many values as room() said.
  void write(hid_t memory, const void* values, std::size_t size) {
    Handle space = own(H5Dget_space(data), H5Sclose, path);
    check_hdf5(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), path);
    const hsize_t all = size;
    Handle flat = own(H5Screate_simple(1, &all, nullptr), H5Sclose, path);
    check_hdf5(H5Dwrite(data, memory, flat, space, H5P_DEFAULT, values), path);
    if (error && *error != 0) throw Hdf5Failure(path + ": cannot be written");  // the rest would be in vain
    position += size;
  }

  std::string path;
  Handle data;
  Slabs slabs;
  Manifest* manifest;
  const int* error;
  std::size_t position = 0;  // values written
  std::vector<hsize_t> start, count;
  Sha256 hash;
};

template <class T>
Hdf5Stream<T>::Hdf5Stream(std::unique_ptr<OpenDataset> dataset) : dataset_(std::move(dataset)) {}
template <class T>
Hdf5Stream<T>::Hdf5Stream(Hdf5Stream&&) noexcept = default;
template <class T>
Hdf5Stream<T>::~Hdf5Stream() = default;

template <class T>
void Hdf5Stream<T>::append(std::span<const T> values) {
  dataset_->hash.update(bytes_of(values));
  while (!values.empty()) {
    const std::size_t room = dataset_->room();
    if (room == 0) throw Hdf5Failure(dataset_->path + ": more values than its shape holds");
    const auto next = values.first(std::min(values.size(), room - waiting_.size()));
    values = values.subspan(next.size());
    if (next.size() == room) {
      dataset_->write(memory_type<T>(), next.data(), room);
      continue;
    }
    waiting_.insert(waiting_.end(), next.begin(), next.end());
    if (waiting_.size() < room) continue;
    dataset_->write(memory_type<T>(), waiting_.data(), room);
    waiting_.clear();
  }
}

template <class T>
void Hdf5Stream<T>::finish() {
  if (const auto missing = dataset_->room(); missing > 0)
    throw Hdf5Failure(dataset_->path + ": " + std::to_string(dataset_->position + waiting_.size()) + " values, fewer than its shape holds");
  (*dataset_->manifest)[dataset_->path] = dataset_->hash.hex().substr(0, 16);
  dataset_.reset();
}
template class Hdf5Stream<double>;
template class Hdf5Stream<float>;
template class Hdf5Stream<std::int64_t>;
template class Hdf5Stream<std::int32_t>;
template class Hdf5Stream<std::int16_t>;
template class Hdf5Stream<std::uint8_t>;

struct Hdf5Writer::State {
  QuietHdf5 quiet;
  const int* error = nullptr;  // of a file on disk
  Handle file;
  Manifest manifest;

  static Handle create(Handle access) {
    check_hdf5(H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110), "H5Pset_libver_bounds");
    return own(H5Fcreate("new", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose, "H5Fcreate");
  }
  static Handle memory_access() {
    Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "H5Pcreate");
    check_hdf5(H5Pset_fapl_core(access, 1 << 20, /*backing_store=*/false), "H5Pset_fapl_core");
    return access;
  }
  State() : file(create(memory_access())) {}
  State(int fd, int& its_error) : error(&its_error), file(create(disk_access(fd, its_error))) {}

  Handle open(const std::string& path) const { return own(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose, path); }

  void write_attribute(const std::string& object, const std::string& name, hid_t type, hid_t memory, const void* value) {
    Handle space = own(H5Screate(H5S_SCALAR), H5Sclose, "H5Screate");
    Handle target = open(object);
    Handle attribute = own(H5Acreate2(target, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, object + "@" + name);
    check_hdf5(H5Awrite(attribute, memory, value), object + "@" + name);
  }
  void write_text_attribute(const std::string& object, const std::string& name, const std::string& value) {
    const char* pointer = value.c_str();
    Handle type = text_type();
    write_attribute(object, name, type, type, &pointer);
  }
  // The chunk cache of a dataset holds one chunk: values come in whole chunks, or all at once.
  static Handle access_list(const Shape& shape, hid_t type, bool is_text) {
    Handle list = own(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose, "H5Pcreate");
    if (shape.empty() || is_text) return list;
    const auto chunk = chunk_of(shape);
    const std::size_t bytes = std::accumulate(chunk.begin(), chunk.end(), H5Tget_size(type), std::multiplies<>());
    check_hdf5(H5Pset_chunk_cache(list, 7, bytes, 1), "H5Pset_chunk_cache");
    return list;
  }
  Handle create_dataset(const std::string& path, const Shape& shape, hid_t type, Labels labels) {
    const bool is_text = H5Tget_class(type) == H5T_STRING;
    Handle space = space_of(shape, is_text);
    Handle list = creation_list(shape, is_text), access = access_list(shape, type, is_text);
    Handle data = own(H5Dcreate2(file, path.c_str(), type, space, H5P_DEFAULT, list, access), H5Dclose, path);
    write_labels(path, labels);
    if (!is_text) write_text_attribute(path, "long_name", axis_title(path, labels.units));
    return data;
  }
  void write_dataset(const std::string& path, const Shape& shape, hid_t type, hid_t memory, const void* values, Labels labels) {
    Handle data = create_dataset(path, shape, type, labels);
    check_hdf5(H5Dwrite(data, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), path);
  }
  void write_labels(const std::string& path, Labels labels) {
    write_text_attribute(path, "units", std::string(labels.units));
    write_text_attribute(path, "description", std::string(labels.description));
    const std::uint8_t science = labels.science;
    write_attribute(path, "science", file_type<std::uint8_t>(), memory_type<std::uint8_t>(), &science);
    if (!labels.part_of.empty()) write_text_attribute(path, "part_of", std::string(labels.part_of));
  }
};

Hdf5Writer::Hdf5Writer() : state_(std::make_unique<State>()) {}
Hdf5Writer::Hdf5Writer(int fd, int& error) : state_(std::make_unique<State>(fd, error)) {}
Hdf5Writer::~Hdf5Writer() = default;

void Hdf5Writer::group(const std::string& path, std::string_view nx_class) {
  if (path != "/") own(H5Gcreate2(state_->file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, path);
  hint(path, "NX_class", nx_class);
}

template <class T>
void Hdf5Writer::dataset(const std::string& path, std::span<const T> values, const Shape& shape, Labels labels) {
  const std::size_t count = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
  if (count != values.size()) {
    throw Hdf5Failure(path + ": " + std::to_string(values.size()) + " values, but its shape holds " + std::to_string(count));
  }
  if constexpr (std::is_same_v<T, std::string>) {
    Handle type = text_type();
    std::vector<std::string> valid;  // the file says that its texts are UTF-8; environment, host and paths may be any bytes
    for (const auto& value : values) valid.push_back(valid_utf8(value));
    state_->write_dataset(path, shape, type, type, pointers(valid).data(), labels);
    state_->manifest[path] = checksum(bytes_of(std::span<const T>(valid)));
  } else {
    state_->write_dataset(path, shape, file_type<T>(), memory_type<T>(), values.data(), labels);
    state_->manifest[path] = checksum(bytes_of(std::span<const T>(values)));
  }
}
template void Hdf5Writer::dataset(const std::string&, std::span<const double>, const Shape&, Labels);
template void Hdf5Writer::dataset(const std::string&, std::span<const float>, const Shape&, Labels);
template void Hdf5Writer::dataset(const std::string&, std::span<const std::int64_t>, const Shape&, Labels);
template void Hdf5Writer::dataset(const std::string&, std::span<const std::int32_t>, const Shape&, Labels);
template void Hdf5Writer::dataset(const std::string&, std::span<const std::int16_t>, const Shape&, Labels);
template void Hdf5Writer::dataset(const std::string&, std::span<const std::uint8_t>, const Shape&, Labels);
template void Hdf5Writer::dataset(const std::string&, std::span<const std::string>, const Shape&, Labels);

template <class T>
Hdf5Stream<T> Hdf5Writer::stream(const std::string& path, const Shape& shape, Labels labels) {
  return Hdf5Stream<T>(
      std::make_unique<OpenDataset>(path, state_->create_dataset(path, shape, file_type<T>(), labels), shape, state_->manifest, state_->error));
}
template Hdf5Stream<double> Hdf5Writer::stream(const std::string&, const Shape&, Labels);
template Hdf5Stream<float> Hdf5Writer::stream(const std::string&, const Shape&, Labels);
template Hdf5Stream<std::int64_t> Hdf5Writer::stream(const std::string&, const Shape&, Labels);
template Hdf5Stream<std::int32_t> Hdf5Writer::stream(const std::string&, const Shape&, Labels);
template Hdf5Stream<std::int16_t> Hdf5Writer::stream(const std::string&, const Shape&, Labels);
template Hdf5Stream<std::uint8_t> Hdf5Writer::stream(const std::string&, const Shape&, Labels);

void Hdf5Writer::text(const std::string& path, const std::string& value, std::string_view description, bool science) {
  dataset(path, std::span<const std::string>(&value, 1), {}, {"", description, science});
}

template <class T>
void Hdf5Writer::attribute(const std::string& object, const std::string& name, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    const std::string valid = valid_utf8(value);
    state_->write_text_attribute(object, name, valid);
    state_->manifest[object + "@" + name] = checksum(bytes_of(std::span<const T>(&valid, 1)));
  } else {
    state_->write_attribute(object, name, file_type<T>(), memory_type<T>(), &value);
    state_->manifest[object + "@" + name] = checksum(bytes_of(std::span<const T>(&value, 1)));
  }
}
template void Hdf5Writer::attribute(const std::string&, const std::string&, const std::string&);
template void Hdf5Writer::attribute(const std::string&, const std::string&, const std::int64_t&);
template void Hdf5Writer::attribute(const std::string&, const std::string&, const std::int32_t&);
template void Hdf5Writer::attribute(const std::string&, const std::string&, const double&);

void Hdf5Writer::hint(const std::string& object, const std::string& name, std::string_view value) {
  state_->write_text_attribute(object, name, std::string(value));
}

void Hdf5Writer::scale(const std::string& path, const std::string& axis_name) { check_hdf5(H5DSset_scale(state_->open(path), axis_name.c_str()), path); }

void Hdf5Writer::axis(const std::string& path, std::size_t count, std::int32_t first, std::string_view description) {
  std::vector<std::int32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  dataset(path, values, {count}, {"1", description});
  scale(path, path.substr(path.rfind('/') + 1));
}

void Hdf5Writer::attach(const std::string& path, std::size_t axis, const std::string& scale) {
  check_hdf5(H5DSattach_scale(state_->open(path), state_->open(scale), static_cast<unsigned>(axis)), path);
}

void Hdf5Writer::link(const std::string& path, const std::string& name) {
  check_hdf5(H5Lcreate_hard(state_->file, path.c_str(), state_->file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT), name);
}

void Hdf5Writer::write_manifest() {
  std::string lines;
  for (const auto& [path, sum] : state_->manifest) lines.append(sum).append(" ").append(path).append("\n");
  text("/manifest", lines, "first 16 digits of the SHA-256 of every value: what the reader compares with");
}

void Hdf5Writer::finish() {
  write_manifest();
  state_->file.close_checked("H5Fclose");
}

std::vector<std::byte> Hdf5Writer::image() {
  write_manifest();
  check_hdf5(H5Fflush(state_->file, H5F_SCOPE_GLOBAL), "H5Fflush");
  const auto size = H5Fget_file_image(state_->file, nullptr, 0);
  check_hdf5(size, "H5Fget_file_image");
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  check_hdf5(H5Fget_file_image(state_->file, bytes.data(), bytes.size()), "H5Fget_file_image");
  return bytes;
}

}  // namespace xib
