#include "harness/core/check.hpp"
#include "harness/core/process.hpp"
#include "harness/task/networks.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace xib {
namespace {

// XB_NETWORKS: the library's file name; XB_NETWORKS_INSTALLED: the same below the folder of the program, after cmake --install.
std::string library_of_networks() {
  const std::string folder = folder_of_program(), beside = folder + "/" XB_NETWORKS, installed = folder + "/" XB_NETWORKS_INSTALLED;
  for (const std::string& path : {beside, installed})
    if (std::filesystem::exists(path)) return path;
  refuse("networks: neither {} nor {} exists, the library with LibTorch's part of this program: build or install xibench again", beside, installed);
}

const Networks& load() {
  const std::string path = library_of_networks();
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) refuse("networks: cannot load LibTorch's part of this program: {}: install libtorch-dev, or build again", dlerror());
  const auto* const found = static_cast<const Networks*>(dlsym(library, "xibench_networks"));
  require(found && std::string_view(found->version) == XB_VERSION, "networks: {} belongs to another version of xibench than {}: build or install both again",
          path, XB_VERSION);
  return *found;
}

}  // namespace

const Networks& networks() {
  static const Networks& loaded = load();  // once; a failure is said again at the next call
  return loaded;
}

}  // namespace xib
