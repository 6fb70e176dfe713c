#include "harness/sweep/select.hpp"

#include <algorithm>

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"
#include "harness/sweep/fields.hpp"

namespace xib {
namespace {

struct Condition {
  const Field* field;  // nullptr: the variant
  std::string value;
};

void check_variant(const Plan& plan, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& run : plan.runs) names.insert(names.end(), run.variants.begin(), run.variants.end());
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  refuse_name("--where", "variant", name, names);
}

Condition parse_condition(const Plan& plan, const std::string& text) {
  const auto equals = text.find('=');
  require(equals != std::string::npos && equals > 0, Key{"--where"}, "'{}' is not of the form key=value; write --where train.nodes=8", text);
  const std::string key = text.substr(0, equals);
  std::string value = text.substr(equals + 1);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  if (key == "variant") {
    check_variant(plan, value);
    return {nullptr, value};
  }
  const Field* field = find_field(key);
  if (!field) {
    std::vector<std::string> keys = {"variant"};
    for (const auto& known : run_fields()) keys.emplace_back(known.key);
    const std::string near = nearest(key, keys);
    refuse(Key{"--where"}, "{}: unknown key; {}`xibench list keys` shows all", text, near.empty() ? "" : fmt::format("did you mean {}? ", near));
  }
  return {field, value};
}

// Numbers are compared as numbers: 0.10 is 0.1. Terms in canonical form: torus(4,8) is torus(4, 8).
std::string canonical(const Field& field, const std::string& value) {
  try {
    switch (field.kind) {
      case Kind::number: {
        std::size_t used = 0;
        const double number = std::stod(value, &used);
        return used == value.size() ? fmt::format("{}", number) : value;
      }
      case Kind::text:
        return text(checked(field, value, Vocabulary()));
      case Kind::term:
        return text(checked(field, value, Vocabulary()));
      case Kind::terms:
        if (!value.starts_with('[')) return text(checked(field, std::vector<std::string>{value}, Vocabulary()));
        break;
      default:
        break;
    }
  } catch (const std::exception&) {  // it is no value of this key, so it matches nothing
  }
  return value;
}

bool has_variant(const PlannedRun& run, const std::string& name) { return std::find(run.variants.begin(), run.variants.end(), name) != run.variants.end(); }

bool matches(const PlannedRun& run, const Condition& condition) {
  if (!condition.field) return has_variant(run, condition.value);
  return text(get(*condition.field, run.config)) == canonical(*condition.field, condition.value);
}

// No alternatives: no condition.
template <class T, class Holds>
bool any_or_none(const std::vector<T>& alternatives, const Holds& holds) {
  return alternatives.empty() || std::any_of(alternatives.begin(), alternatives.end(), holds);
}

void check_alternatives(const Plan& plan, const Selection& selection) {
  const std::string& path = plan.sweep.path;
  const auto some_run = [&](const auto& holds) { return std::any_of(plan.runs.begin(), plan.runs.end(), holds); };
  for (const int index : selection.index)
    require(index >= 0 && static_cast<std::size_t>(index) < plan.runs.size(), Key{"--index"}, "there is no run {}: the plan has 0 to {}", index,
            plan.runs.size() - 1);
  for (const std::string& id : selection.id)
    require(!id.empty() && some_run([&](const auto& run) { return run.id.starts_with(id); }), Key{"--id"},
            "no run of {} has the id {}; `xibench plan {}` lists them (--set changes ids)", path, id, path);
}

}  // namespace

std::vector<const PlannedRun*> select(const Plan& plan, const Selection& selection) {
  check_alternatives(plan, selection);
  std::vector<Condition> conditions;
  for (const std::string& text : selection.where) conditions.push_back(parse_condition(plan, text));

  std::vector<const PlannedRun*> chosen;
  for (const PlannedRun& run : plan.runs) {
    const bool chooses = any_or_none(selection.index, [&](int index) { return run.index == index; }) &&
                         any_or_none(selection.id, [&](const std::string& id) { return run.id.starts_with(id); }) &&
                         (selection.stage == 0 || run.stage == selection.stage) &&
                         std::all_of(conditions.begin(), conditions.end(), [&](const auto& condition) { return matches(run, condition); });
    if (chooses) chosen.push_back(&run);
  }
  require(!chosen.empty(), "no run of {} matches the filter (--index, --id, --where, --stage); `xibench plan {}` lists the {} runs", plan.sweep.path,
          plan.sweep.path, plan.runs.size());
  return chosen;
}

}  // namespace xib
