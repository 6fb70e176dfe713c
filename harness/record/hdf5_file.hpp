#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Failure of HDF5, without the name of the file: write_run_file and read_run_file add the name and the remedy.
class Hdf5Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Shape = std::vector<std::size_t>;

// Checksum of every dataset and attribute with data, by "path" or "path@name"; it becomes /manifest. README.md says how the checksum is made and why it exists.
using Manifest = std::map<std::string, std::string>;

// Facts in the attributes of a dataset.
struct Labels {
  std::string_view units, description;
  bool science = false;           // in the science digest
  std::string_view part_of = {};  // the column of which this one is a part; "": none
};

struct OpenDataset;

// Dataset that is written in pieces, in the order of its values, because it need not fit into memory.
template <class T>
class Hdf5Stream {
 public:
  explicit Hdf5Stream(std::unique_ptr<OpenDataset> dataset);
  Hdf5Stream(Hdf5Stream&&) noexcept;
  ~Hdf5Stream();
  void append(std::span<const T> values);
  void append(const std::vector<T>& values) { append(std::span<const T>(values)); }
  void finish();  // after the last value; throws if it is not as many as the shape says

 private:
  std::unique_ptr<OpenDataset> dataset_;
  std::vector<T> waiting_;  // less than a slab
};

// Builds an HDF5 file in memory or on disk. T: double, float, std::int64_t, std::int32_t, std::int16_t, std::uint8_t, std::string.
class Hdf5Writer {
 public:
  Hdf5Writer();                             // in memory
  explicit Hdf5Writer(int fd, int& error);  // in an open, empty file. `error` becomes the errno of a failed write; no function throws for it at once
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  void group(const std::string& path, std::string_view nx_class);
  template <class T>
  void dataset(const std::string& path, std::span<const T> values, const Shape& shape, Labels labels);
  template <class T>
  void dataset(const std::string& path, const std::vector<T>& values, const Shape& shape, Labels labels) {
    dataset(path, std::span<const T>(values), shape, labels);
  }
  // The same, of numbers; the stream must end before finish().
  template <class T>
  Hdf5Stream<T> stream(const std::string& path, const Shape& shape, Labels labels);
  void text(const std::string& path, const std::string& value, std::string_view description, bool science = false);  // scalar
  template <class T>
  void attribute(const std::string& object, const std::string& name, const T& value);
  void hint(const std::string& object, const std::string& name, std::string_view value);  // an attribute that carries no data

  void scale(const std::string& path, const std::string& axis_name);                                        // makes the dataset a dimension scale
  void axis(const std::string& path, std::size_t count, std::int32_t first, std::string_view description);  // a scale that counts up from `first`
  void attach(const std::string& path, std::size_t axis, const std::string& scale);                         // axis from 0
  void link(const std::string& path, const std::string& name);                                              // the same object under a second name

  void finish();                   // writes /manifest and closes the file on disk
  std::vector<std::byte> image();  // writes /manifest and returns the bytes of the file in memory

 private:
  void write_manifest();
  struct State;
  std::unique_ptr<State> state_;
};

// Reader of a file on disk. Every function throws Hdf5Failure, which names the object.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(const std::string& path);
  ~Hdf5Reader();
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  bool has(const std::string& path) const;
  bool has_attribute(const std::string& object, const std::string& name) const;
  bool is_text(const std::string& path) const;                                // a scalar text dataset
  std::vector<std::string> children(const std::string& group) const;          // ascending
  std::vector<std::string> text_attributes(const std::string& object) const;  // ascending

  Shape shape(const std::string& path) const;
  template <class T>
  std::vector<T> dataset(const std::string& path) const;
  // Calls visit for all values in order, some at a time, and then compares them with the manifest. T: double, float.
  template <class T>
  void each(const std::string& path, const std::function<void(std::span<const T>)>& visit) const;
  std::string text(const std::string& path) const;
  template <class T>
  T attribute(const std::string& object, const std::string& name) const;
  template <class T>
  T unchecked_attribute(const std::string& object, const std::string& name) const;  // not compared with the manifest

  // Reads all data, so that HDF5 checks every Fletcher32, and compares them with the manifest. Returns the number of compared entries.
  std::size_t verify() const;

 private:
  template <class T>
  void compare(const std::string& path, const std::vector<T>& values) const;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace xib
