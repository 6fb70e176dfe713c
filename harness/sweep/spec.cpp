#include "harness/sweep/spec.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"
#include "harness/sweep/contrasts.hpp"
#include "harness/sweep/looks.hpp"
#include "harness/sweep/overrides.hpp"
#include "harness/sweep/toml_values.hpp"

namespace xib {
namespace {

constexpr std::string_view kSweep = "sweep.";
constexpr std::size_t kLongestName = 100;

// Keys that a person may have meant: a key near in spelling, or one that ends alike ("momentum" for "train.momentum").
std::string near_key(const std::string& key) {
  std::vector<std::string> keys = {"name", "seeds", "delta", "looks"};
  for (const auto& field : run_fields()) {
    if (field.key.ends_with("." + key)) return std::string(field.key);
    if (field.instead.empty()) keys.emplace_back(field.key);
  }
  return nearest(key, keys);
}

class Reader {
 public:
  Reader(SweepSpec& spec, const Vocabulary& vocabulary, Problems& problems) : spec_(spec), vocabulary_(vocabulary), problems_(problems) {}

  void file(const std::vector<Leaf>& leaves) {
    std::set<std::string> seen;
    for (const Leaf& leaf : leaves) {
      if (leaf.key == "variant" && leaf.type == Leaf::Type::list)
        for (const Leaf& item : leaf.children) variant(item);
      else if (leaf.key == "contrast" && leaf.type == Leaf::Type::list)
        for (const Leaf& item : leaf.children) spec_.sweep.contrasts.push_back(read_contrast(item, spec_.sweep.path, problems_));
      else if (leaf.key.starts_with(kSweep))
        axis(leaf);
      else if (!top_level(leaf, at(leaf)))
        setting(leaf, at(leaf), spec_.file, seen);
    }
    if (!named_) problems_.add(spec_.sweep.path, "name", "is missing; write name = \"quickstart\": results go to DIR/quickstart/");
  }

  void override_by(const Override& given) {
    if (top_level(given.leaf, given.where)) return;
    std::set<std::string> seen;
    const Field* field = setting(given.leaf, given.where, spec_.overrides, seen);
    // An overridden key is no axis any more; what was coupled to it goes on without it.
    const auto axis = std::find_if(spec_.axes.begin(), spec_.axes.end(), [&](const Axis& a) { return a.field == field; });
    if (axis == spec_.axes.end()) return;
    const bool leads = !axis->coupled;
    const auto next = spec_.axes.erase(axis);
    if (leads && next != spec_.axes.end()) next->coupled = false;
  }

  void whole() {
    std::vector<std::string> baselines;
    auto& names = spec_.sweep.variants;
    std::set<std::string_view> seen;
    for (const auto& variant : spec_.variants) {
      if (!seen.insert(variant.name).second)
        problems_.add(variant.where, "variant.name", fmt::format("'{}' is there twice; give every variant its own name", variant.name));
      names.push_back(variant.name);
      if (variant.baseline) baselines.push_back(variant.name);
    }
    if (baselines.size() > 1)
      problems_.add(spec_.sweep.path, "variant.baseline",
                    fmt::format("is true in {} variants ('{}'); set it in the one variant that the others are compared with", baselines.size(),
                                fmt::join(baselines, "', '")));
    if (baselines.empty() && !spec_.variants.empty() && spec_.sweep.delta > 0)
      problems_.add(spec_.sweep.path, "variant.baseline",
                    "is true nowhere (delta declares a margin of the gap to it); write baseline = true into one [[variant]], or leave out delta");
    if (baselines.size() == 1) spec_.sweep.baseline = baselines.front();
    check_contrasts(spec_.sweep.contrasts, names, spec_.sweep.baseline, problems_);
  }

 private:
  std::string at(const Leaf& leaf) const { return fmt::format("{}:{}", spec_.sweep.path, leaf.line); }

  // name, seeds, delta, looks; false: another key.
  bool top_level(const Leaf& leaf, const std::string& where) {
    if (leaf.key == "name")
      name(leaf, where);
    else if (leaf.key == "seeds")
      seeds(leaf, where);
    else if (leaf.key == "delta")
      delta(leaf, where);
    else if (leaf.key == "looks")
      spec_.sweep.looks = read_looks(leaf, where, problems_).value_or(std::vector<int>());
    else
      return false;
    return true;
  }

  void name(const Leaf& leaf, const std::string& where) {
    named_ = true;
    const auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; };
    const std::string& name = leaf.text;
    const bool ok = leaf.type == Leaf::Type::text && !name.empty() && name.size() <= kLongestName && name.front() != '.' && name.front() != '-' &&
                    std::all_of(name.begin(), name.end(), is_plain);
    if (!ok) {
      const std::string given = leaf.type == Leaf::Type::text ? fmt::format("'{}'", name) : std::string(describe(leaf));
      if (leaf.type == Leaf::Type::text && name.size() > kLongestName)
        problems_.add(where, "name", fmt::format("has {} characters (it is a directory of results); write at most {}", name.size(), kLongestName));
      else
        problems_.add(where, "name", given + " is not a plain file name (it is a directory of results); use letters, digits, '-', '_' and '.'");
    }
    spec_.sweep.name = name;
  }

  void seeds(const Leaf& leaf, const std::string& where) {
    const auto value = value_of(leaf, Kind::integers);
    const auto* seeds = value ? std::get_if<std::vector<std::int64_t>>(&*value) : nullptr;
    if (!seeds || seeds->empty()) {
      problems_.add(
          where, "seeds",
          fmt::format("{}; write a list of whole numbers such as [1, 2, 3]", seeds                           ? "is empty"
                                                                             : leaf.type == Leaf::Type::list ? "holds values that are not whole numbers"
                                                                                                             : fmt::format("is {}", describe(leaf))));
      return;
    }
    std::set<std::int64_t> seen;
    bool counts = true;
    for (const std::int64_t seed : *seeds) {
      if (seed < 0) problems_.add(where, "seeds", fmt::format("{} is negative; seeds count from 0", seed));
      counts = counts && seed >= 0;
      if (!seen.insert(seed).second)
        problems_.add(where, "seeds", fmt::format("{} is there twice (the same run again is not a second sample); use each seed once", seed));
    }
    if (counts) spec_.sweep.seeds = *seeds;  // else the checks of whole runs would refuse it again
    spec_.seeds_where = where;
  }

  void delta(const Leaf& leaf, const std::string& where) {
    if (const auto margin = margin_of(leaf, where, problems_)) spec_.sweep.delta = *margin;
  }

  // The field of a key that a file may set, or nullptr when it was refused.
  const Field* field_of(const std::string& key, const std::string& where) {
    const Field* field = find_field(key);
    if (field && field->instead.empty()) return field;
    if (field) {
      problems_.add(where, key, fmt::format("cannot be set here; {}", field->instead));
    } else if (key == "contrast" || key.starts_with("contrast.")) {
      problems_.add(where, key, "has the wrong form; write [[contrast]] and below it arm = \"...\" and against = \"...\"");
    } else if (key == "sweep" || key == "variant" || key.starts_with("variant.")) {
      problems_.add(where, key, "has the wrong form; write [sweep] with one list per key, and [[variant]] for each variant");
    } else {
      const std::string near = near_key(key);
      problems_.add(where, key, fmt::format("unknown key; {}`xibench list keys` shows all", near.empty() ? "" : fmt::format("did you mean {}? ", near)));
    }
    return nullptr;
  }

  Setting value(const Field& field, const Leaf& leaf, const std::string& where) {
    Setting setting{&field, value_of(leaf, field.kind), where};
    if (!setting.value) {
      const bool several = leaf.type == Leaf::Type::list && field.kind != Kind::terms && field.kind != Kind::integers;
      problems_.add(where, field.key,
                    fmt::format("expected {}, got {}{}", expected(field.kind), describe(leaf),
                                several ? fmt::format("; several values go into [sweep] as \"{}\" = [...]", field.key) : ""));
      return setting;
    }
    try {
      setting.value = checked(field, *setting.value, vocabulary_);
    } catch (const Error& error) {
      for (const Problem& problem : error.problems()) problems_.add(where, field.key, problem.message);
      setting.value.reset();
    }
    return setting;
  }

  // Returns the field that was set, nullptr when the key was refused.
  const Field* setting(const Leaf& leaf, const std::string& where, std::vector<Setting>& out, std::set<std::string>& seen) {
    const Field* field = field_of(leaf.key, where);
    if (!field) return nullptr;
    if (!seen.insert(leaf.key).second) problems_.add(where, leaf.key, "is set twice; keep one of them");
    out.push_back(value(*field, leaf, where));
    return field;
  }

  // "a" = [1, 2] is an axis; "a, b" = [[1, 10], [2, 20]] is one of two keys that change together.
  void axis(const Leaf& leaf) {
    const auto keys = split(leaf.key.substr(kSweep.size()));
    if (leaf.type != Leaf::Type::list || leaf.children.empty())
      return problems_.add(
          at(leaf), leaf.key.substr(kSweep.size()),
          fmt::format("[sweep] needs a list of values, got {}; write \"{}\" = [...]",
                      leaf.children.empty() && leaf.type == Leaf::Type::list ? "an empty one" : describe(leaf), leaf.key.substr(kSweep.size())));
    for (const Leaf& child : leaf.children)
      if (keys.size() > 1 && (child.type != Leaf::Type::list || child.children.size() != keys.size()))
        return problems_.add(at(child), leaf.key.substr(kSweep.size()),
                             fmt::format("{} keys that change together need lists of {} values, one per key", keys.size(), keys.size()));
    const auto before = spec_.axes.size();
    for (std::size_t k = 0; k < keys.size(); ++k) {
      std::vector<Leaf> column;
      for (const Leaf& child : leaf.children) column.push_back(keys.size() == 1 ? child : child.children[k]);
      add_axis(keys[k], column, at(leaf), k > 0);
    }
    if (keys.size() == 1 && spec_.axes.size() > before) refuse_repeats(spec_.axes.back());
  }

  static std::vector<std::string> split(const std::string& keys) {
    std::vector<std::string> out;
    for (std::size_t from = 0; from <= keys.size();) {
      const std::size_t comma = std::min(keys.find(',', from), keys.size());
      const std::size_t first = std::min(keys.find_first_not_of(' ', from), comma);
      out.push_back(keys.substr(first, comma - first));
      from = comma + 1;
    }
    return out;
  }

  void add_axis(const std::string& key, const std::vector<Leaf>& values, const std::string& where, bool coupled) {
    if (key == "seeds" || key == "seed") return problems_.add(where, "sweep." + key, "is not a key of [sweep]; write seeds = [1, 2, 3] at the top");
    const Field* field = field_of(key, where);
    if (!field) return;
    for (const Axis& other : spec_.axes)
      if (other.field == field) return problems_.add(where, key, "is swept twice; keep one of them");
    spec_.sweep.axes.push_back(key);
    spec_.sweep.varied.insert(key);
    Axis axis{field, coupled, where, {}};
    for (const Leaf& leaf : values) axis.values.push_back(value(*field, leaf, at(leaf)));
    spec_.axes.push_back(std::move(axis));
  }

  void refuse_repeats(const Axis& axis) {
    std::set<Value> seen;
    for (const Setting& given : axis.values)
      if (given.value && !seen.insert(*given.value).second)
        problems_.add(given.where, axis.field->key, fmt::format("{} is there twice; write every value once", text(*given.value)));
  }

  void variant(const Leaf& item) {
    VariantSpec variant{.name = {}, .where = at(item), .baseline = false, .settings = {}};
    if (item.type != Leaf::Type::table) return problems_.add(at(item), "variant", "is not a table; write [[variant]] and its keys below");
    std::set<std::string> seen;
    for (const Leaf& leaf : item.children) {
      if (leaf.key == "name" && leaf.type == Leaf::Type::text)
        variant.name = leaf.text;
      else if (leaf.key == "baseline" && leaf.type == Leaf::Type::flag)
        variant.baseline = leaf.flag;
      else if (leaf.key == "baseline")
        problems_.add(at(leaf), "variant.baseline", fmt::format("expected true or false, got {}", describe(leaf)));
      else if (leaf.key != "name")
        setting(leaf, at(leaf), variant.settings, seen), spec_.sweep.varied.insert(leaf.key);
    }
    if (variant.name.empty()) problems_.add(variant.where, "variant.name", "is missing; write name = \"a name for tables and figures\"");
    if (std::any_of(variant.name.begin(), variant.name.end(), [](unsigned char c) { return c < ' ' || c == '|'; }))
      problems_.add(variant.where, "variant.name", "holds '|' or a control character (names of one run are joined by '|'); leave it out");
    if (variant.name.size() > kLongestName)
      problems_.add(variant.where, "variant.name",
                    fmt::format("has {} bytes (it becomes part of file names); write at most {}", variant.name.size(), kLongestName));
    if (variant.name.starts_with("reference: "))
      problems_.add(variant.where, "variant.name", "begins with 'reference: ' (the plan gives such names itself); choose another");
    spec_.variants.push_back(std::move(variant));
  }

  SweepSpec& spec_;
  const Vocabulary& vocabulary_;
  Problems& problems_;
  bool named_ = false;
};

}  // namespace

std::string read_sweep_text(const std::string& path) {
  const std::string file = read_file(path, "give the path of a sweep file such as benchmarks/sweeps/quickstart.toml");
  std::string text(skip_byte_order_mark(file));
  if (text.empty()) refuse_in(path, Key{}, "is empty; benchmarks/sweeps/quickstart.toml is an example of a sweep file");
  return text;
}

SweepSpec read_spec(const std::string& text, const std::string& path, const std::function<std::vector<Override>(Problems&)>& overrides,
                    const Vocabulary& vocabulary, Problems& problems) {
  SweepSpec spec;
  spec.sweep.path = path;
  spec.sweep.source = text;
  Reader reader(spec, vocabulary, problems);
  reader.file(parse_toml(text, path));
  for (const Override& given : overrides(problems)) reader.override_by(given);
  reader.whole();
  return spec;
}

std::optional<double> margin_of(const Leaf& leaf, const std::string& where, Problems& problems) {
  const auto value = value_of(leaf, Kind::number);
  if (value && std::isfinite(std::get<double>(*value)) && std::get<double>(*value) >= 0) return std::get<double>(*value);
  problems.add(where, "delta", "is not a margin; write a number in the unit of the metric, such as 0.3 for points of accuracy (0: not declared)");
  return std::nullopt;
}

}  // namespace xib
