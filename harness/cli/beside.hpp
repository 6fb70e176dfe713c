#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace xib {

// Calls take(k, line(k)) for k = 0 to count - 1, in order. `line` runs in processes beside this one, a processor each, because HDF5 reads one file at a time in
// a process; its text has no line breaks. Where line(k) crashes, the text is lost(k). Where a process cannot be started, ends by an exception, or is ended by
// somebody else, line(k) runs here.
void lines_from_beside(std::size_t count, const std::function<std::string(std::size_t)>& line, const std::function<std::string(std::size_t)>& lost,
                       const std::function<void(std::size_t, const std::string&)>& take);

}  // namespace xib
