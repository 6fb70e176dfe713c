#include "harness/record/kept_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <tuple>

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"
#include "harness/record/kept_json.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRemedy = "take the file as it was kept, or make it again from run files with xibench gap --keep";

constexpr int kMostDepth = 100;  // a kept run has 5 levels; code that reads JSON calls itself for each

Json parse(const std::string& path) {
  const std::string text = read_file(path, "name a file that xibench gap --keep wrote");
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMostDepth) refuse_in(path, Key{}, "has lists in lists, {} deep, which no kept run has: {}", kMostDepth, kRemedy);
    return true;
  };
  Json json;
  try {
    json = Json::parse(skip_byte_order_mark(text), shallow);
  } catch (const Json::exception& error) {
    refuse_in(path, Key{}, "is no JSON ({}), as if it was cut or changed: {}", printable(error.what()), kRemedy);
  }
  const auto schema = json.is_object() && json.contains("schema") ? json.at("schema") : Json();
  if (schema != kKeptSchema)
    refuse_in(path, Key{"schema"}, "is {}, not \"{}\", so these are no kept runs; name a file that xibench gap --keep wrote", schema.dump(), kKeptSchema);
  const auto version = json.contains("schema_version") ? json.at("schema_version") : Json();
  if (!version.is_number_integer() || version < 1) refuse_in(path, Key{"schema_version"}, "is {}, not a whole number from 1: {}", version.dump(), kRemedy);
  if (version > kKeptVersion)
    refuse_in(path, Key{"schema_version"}, "is {}, and this program reads up to {}: use a newer xibench", version.dump(), kKeptVersion);
  for (const auto& [key, type] : {std::pair{"sources", Json::value_t::object}, {"runs", Json::value_t::array}})
    if (!json.contains(key) || json.at(key).type() != type) refuse_in(path, Key{key}, "is missing or no list: {}", kRemedy);
  return json;
}

std::string source_of(const Json& sources, const std::string& name, const std::string& path) {
  const std::string key = "sources." + name;
  if (!sources.contains(name) || !sources.at(name).is_string()) refuse_in(path, Key{key}, "is missing, the text of a sweep file: {}", kRemedy);
  const std::string text = sources.at(name);
  if (source_name(text) != name) refuse_in(path, Key{key}, "is not the text that was kept (its SHA-256 is another): {}", kRemedy);
  return text;
}

KeptRun entry(const Json& file, std::size_t k, const std::string& path) {
  const Json& json = file.at("runs").at(k);
  const std::string key = fmt::format("runs[{}]", k);
  try {
    if (json.at("checksum") != entry_checksum(json))
      refuse_in(path, Key{key + ".checksum"}, "says that run {}, seed {}, was changed after it was kept: {}", json.at("id").dump(), json.at("seed").dump(),
                kRemedy);
    KeptRun run = kept_run_of(json);
    run.file = path;
    run.header.config_source = source_of(file.at("sources"), json.at("source"), path);
    return run;
  } catch (const Json::exception& error) {
    refuse_in(path, Key{key}, "is no whole run ({}): {}", printable(error.what()), kRemedy);
  }
}

}  // namespace

void check_same_science(const KeptRun& kept, const KeptRun& other, const std::string& where) {
  const std::string key = difference_in_science(kept, other);
  if (key.empty()) return;
  refuse_in(kept.file, Key{key},
            "of run {} (variant '{}', seed {}) is another than in {}: the data set, a library or the kind of CPU was another, or one was changed; "
            "keep the one that belongs to the other runs",
            kept.header.run_id, kept.header.variant, kept.header.seed, where);
}

KeptRuns read_kept_files(const std::vector<std::string>& paths) {
  std::map<std::string, std::string> none;
  return read_kept_files(paths, "", none);
}

KeptRuns read_kept_files(const std::vector<std::string>& paths, const std::string& sweep, std::map<std::string, std::string>& others) {
  KeptRuns runs;
  for (const auto& path : paths) {
    const Json file = parse(path);
    for (std::size_t k = 0; k < file.at("runs").size(); ++k) {
      KeptRun run = entry(file, k, path);
      if (!sweep.empty() && run.header.name != sweep) {
        others.emplace(path, run.header.name);
        continue;
      }
      const auto [first, added] = runs.emplace(run.header.run_id, run);
      if (!added) check_same_science(first->second, run, path);
    }
  }
  return runs;
}

void write_kept_file(const std::string& path, const KeptRuns& runs) {
  std::map<std::string, std::string> sources;
  std::vector<const KeptRun*> order;
  for (const auto& [id, run] : runs) {
    sources.emplace(source_name(run.header.config_source), valid_utf8(run.header.config_source));
    order.push_back(&run);
  }
  const auto key = [](const KeptRun& run) { return std::tie(run.header.name, run.header.variant, run.cell, run.header.seed, run.header.run_id); };
  std::sort(order.begin(), order.end(), [&](const auto* a, const auto* b) { return key(*a) < key(*b); });
  std::string text = fmt::format("{{\"schema\": \"{}\", \"schema_version\": {},\n\"sources\": {{", kKeptSchema, kKeptVersion), end;
  for (const auto& [name, source] : sources) text += fmt::format("{}\n\"{}\": {}", std::exchange(end, ","), name, Json(source).dump());
  text += "},\n\"runs\": [";
  end.clear();
  for (const auto* run : order) text += fmt::format("{}\n{}", std::exchange(end, ","), json_of(*run).dump());
  text += "]}\n";
  replace_file(path, ".partial", {std::as_bytes(std::span(text))});
}

}  // namespace xib
