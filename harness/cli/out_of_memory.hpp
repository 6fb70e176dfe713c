#pragma once

namespace xib {

// Where memory ends: the program's `operator new` throws a std::bad_alloc that says how much was asked for, what limits it and the remedy; and what nobody
// catches, as it was thrown where nothing may be, is said before the process ends with status 1 instead of being aborted without a word. Checkpoints stay.
void say_where_memory_ends();

}  // namespace xib
