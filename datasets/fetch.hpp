#pragma once

#include "datasets/official.hpp"

#include <string>

namespace xib {

// Brings a published set to root/<name>/ with curl, or from `mirror` (a directory, or an address below which the same files lie; "": the
// publisher's). Nothing is in its place before its SHA-256 is the publisher's; what has been transferred of a file stays as .partial, and the
// next fetch goes on from there. Throws Error: input for what the caller can mend (no curl, a directory that cannot be written, a set that is
// there and is not the publisher's), work for a transfer that failed or brought something else.
// Returns where the set is, and says on standard error what it does.
std::string fetch(const DatasetInfo& info, const OfficialSet& official, const std::string& root, const std::string& mirror);

}  // namespace xib
