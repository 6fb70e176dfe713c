#pragma once

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/hash_numbers.hpp"
#include "harness/record/columns.hpp"

namespace xib {

// Hash of named arrays. The name, type and size of an array come before its values, so that two different records never feed the same bytes.
class Feed {
 public:
  template <class T>
  void values(std::string_view name, const std::vector<T>& items) {
    begin<T>(name, items.size());
    more(std::span<const T>(items));
  }
  // An array in pieces: begin(), and then all of its items with more().
  template <class T>
  void begin(std::string_view name, std::size_t count) {
    number(name.size());
    hash_.update(name);
    hash_.update(type_name<T>());
    number(count);
  }
  template <class T>
  void more(std::span<const T> items) {
    if constexpr (std::is_same_v<T, std::string>) {
      for (const auto& item : items) {
        number(item.size());
        hash_.update(item);
      }
    } else if constexpr (std::is_floating_point_v<T>) {
      hash_numbers(hash_, items);
    } else {
      hash_.update(std::as_bytes(items));
    }
  }
  void text(std::string_view name, const std::string& item) { values<std::string>(name, {item}); }
  std::string hex() { return hash_.hex(); }

 private:
  void number(std::uint64_t value) { hash_.update(std::as_bytes(std::span(&value, 1))); }
  Sha256 hash_;
};

// True if any row has another value than a row in which nothing was measured.
template <class T, class Row>
bool was_measured(const std::vector<Row>& rows, T Row::*member) {
  static const Row unmeasured;
  return std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(unmeasured.*member)) return !std::isnan(row.*member);
    return row.*member != unmeasured.*member;
  });
}

// Feeds the columns that are science; columns of Presence::measured only if they were measured.
template <class Row, std::size_t N>
void feed_table(Feed& feed, std::string_view table, const Column<Row> (&columns)[N], const std::vector<Row>& rows) {
  for (const auto& column : columns) {
    if (!column.science) continue;
    with_member(column, [&](auto member, auto) {
      if (column.presence == Presence::measured && !was_measured(rows, member)) return;
      feed.values(fmt::format("/{}/{}", table, column.name), gather(rows, member));
    });
  }
}

// The digest, where columns with a value for each node of each step come from elsewhere: feed_wide(feed, column, name) feeds one of them.
std::string science_digest(const struct RunRecord& record,
                           const std::function<void(Feed& feed, const struct WideColumn& column, const std::string& name)>& feed_wide);

}  // namespace xib
