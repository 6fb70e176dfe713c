#pragma once

// Facts about this build; build_info.cmake writes the .cpp file anew in each build.
namespace xib::build_info {
extern const char* const commit;  // "" outside of a git checkout
extern const bool dirty;
extern const char* const diff;  // of a dirty tree, at most 1 MB
extern const char* const compiler;
extern const char* const flags;
extern const char* const type;
extern const char* const version;
}  // namespace xib::build_info
