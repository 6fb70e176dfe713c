#pragma once

namespace xib {

// Installs a message for the end of memory. The program's `operator new` throws a std::bad_alloc that has the requested bytes, the limit and the remedy. An
// exception that nothing can catch is printed before the process ends with status 1, instead of an abort without a message. Checkpoints stay.
void say_where_memory_ends();

}  // namespace xib
