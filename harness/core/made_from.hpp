#pragma once

#include "harness/core/row_of.hpp"
#include "harness/core/term.hpp"

#include <string_view>

namespace xib {

// Object that `text`, such as "adam(beta1 = 0.8)", names in a table: the result of row.make(arguments, setup). Throws Error(input) for an unknown name, and for
// wrong or superfluous arguments. what: kind of the object for messages, such as "optimizer".
template <class Table, class Setup>
auto made_from(const Table& table, std::string_view text, std::string_view what, std::string_view key, const Setup& setup) {
  const Term term = Term::parse(text, key);
  Arguments arguments(term, key);
  auto made = row_of(table, term.name, what, key).make(arguments, setup);
  arguments.done();
  return made;
}

}  // namespace xib
