#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace xib {

// Writes the pieces one after another to `temporary`, fsyncs it, renames it to `path` and fsyncs the directory. Throws Error(work)
// naming `path` and the reason; then `temporary` is gone and what was at `path` before is still there.
// With `keep_previous`, an existing `path` is renamed to that name just before.
void replace_file(const std::string& path, const std::string& temporary, const std::vector<std::span<const std::byte>>& pieces,
                  const std::string& keep_previous = "");

}  // namespace xib
