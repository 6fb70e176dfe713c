#include "datasets/dataset.hpp"
#include "datasets/fetch.hpp"
#include "datasets/official.hpp"
#include "datasets/partition.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/data_partition.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> names;
  std::string data, mirror;
  bool json = false;
  PartitionOptions partition;
};

struct Whereabouts {
  std::string place, problem;  // one of them; both "" where it is not here
};

Whereabouts look_for(const DatasetInfo& info, const std::string& data) try { return {find_dataset(info, data), ""}; } catch (const Unreadable& error) {
  return {"", error.what()};
} catch (const Error&) {
  return {};
}

std::string shape_text(const ImageShape& s) { return fmt::format("{}x{}x{}", s.channels, s.height, s.width); }

int list(const Options& options) {
  std::vector<std::vector<std::string>> rows = {{"name", "train", "test", "classes", "shape", "where"}};
  Json out = Json::array();
  for (const auto& info : datasets()) {
    const DatasetFacts facts = info.facts(Term{std::string(info.name), {}});
    const auto [place, problem] = look_for(info, options.data);
    const bool generated = info.probe.empty();
    const std::string where = generated ? "generated" : !problem.empty() ? problem : place.empty() ? "not found: " + std::string(info.remedy) : place;
    rows.push_back({std::string(info.name), fmt::format("{}", facts.train), fmt::format("{}", facts.test), fmt::format("{}", facts.classes),
                    shape_text(facts.shape), where});
    out.push_back({{"name", info.name},
                   {"help", info.help},
                   {"train", facts.train},
                   {"test", facts.test},
                   {"classes", facts.classes},
                   {"shape", {facts.shape.channels, facts.shape.height, facts.shape.width}},
                   {"generated", generated},
                   {"directory", place.empty() ? Json() : Json(place)},
                   {"problem", problem.empty() ? Json() : Json(problem)},
                   {"remedy", info.remedy}});
  }
  fmt::print("{}", options.json ? json_text(out) + "\n" : text_table(rows));
  return 0;
}

const OfficialSet& published(const DatasetInfo& info) {
  const auto* official = official_set(info.name);
  require(official != nullptr, "dataset {} is generated: there is nothing to fetch or to verify", info.name);
  return *official;
}

int fetch_sets(const Options& options) {
  const char* variable = std::getenv("XIBENCH_DATA");
  const std::string root = !options.data.empty() ? options.data : variable ? variable : "";
  require(!root.empty(), Key{"--data"}, "name the directory for the data sets with --data or XIBENCH_DATA; runs look there too");
  for (const auto& name : options.names) {
    const Term term = Term::parse(name);
    const auto& info = dataset_info(term, "xibench data fetch");
    info.facts(term);  // refuses arguments that the set does not have
    fmt::print("{} {}\n", name, fetch(info, published(info), root, options.mirror));
  }
  return 0;
}

// Everything that a run would read, against what was published, and read as a run reads it.
int verify(const Options& options) {
  std::vector<std::string> names = options.names;
  if (names.empty())
    for (const auto& info : datasets())
      if (const auto at = look_for(info, options.data); !info.probe.empty() && !(at.place.empty() && at.problem.empty())) names.emplace_back(info.name);
  require(!names.empty(), "no data set was found: xibench data list shows the directories");
  std::vector<std::vector<std::string>> rows = {{"name", "file", "SHA-256 unpacked", "verdict"}};
  Json out = Json::array();
  bool all = true;
  for (const auto& name : names) {
    const Term term = Term::parse(name);
    const auto& info = dataset_info(term, "xibench data verify");
    const auto& official = published(info);
    const auto [place, problem] = look_for(info, options.data);
    try {
      if (place.empty()) find_dataset(info, options.data);  // says why
      for (const auto& file : check_files(official, place, info.remedy)) {
        all = all && file.official;
        rows.push_back({name, file.path, file.sha256, file.official ? "as published" : "NOT as published"});
        out.push_back({{"name", name}, {"file", file.path}, {"sha256", file.sha256}, {"official", file.official}, {"problem", nullptr}});
      }
      load_dataset(term, options.data);
    } catch (const Error& error) {                  // of this set; the others are looked at too
      if (place.empty() && problem.empty()) throw;  // named, and not here
      all = false;
      rows.push_back({name, place, "", "NOT usable"});
      out.push_back({{"name", name}, {"file", place}, {"sha256", nullptr}, {"official", false}, {"problem", error.what()}});
      notify("xibench: {}\n", error.what());
    }
  }
  fmt::print("{}", options.json ? json_text(out) + "\n" : text_table(rows));
  if (!all)
    fmt::print(stderr,
               "xibench: some files differ from the published ones, so results with them are not results on that data set; move them away and fetch again\n");
  return all ? 0 : static_cast<int>(Fault::work);
}

template <class Infos>
std::string listing(std::string_view title, const Infos& infos) {
  std::string out = fmt::format("{}:\n", title);
  for (const auto& info : infos)
    out += fmt::format("  {:<46} {}\n", info.arguments.empty() ? std::string(info.name) : fmt::format("{}({})", info.name, info.arguments), info.help);
  return out;
}

}  // namespace

Command add_data(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* sub = command.add_subcommand(name, help);
    sub->add_option("--data", options->data, "directory of the data sets (default: XIBENCH_DATA, then the folders of the packages)");
    return sub;
  };
  CLI::App* known = add("list", "list the data sets that a sweep can name, and where they are on this machine");
  known->add_flag("--json", options->json, "print JSON");
  CLI::App* get = add("fetch", "download data sets from their publisher and compare them with the published checksums");
  get->add_option("NAME", options->names, "data sets, such as cifar10")->required();
  get->add_option("--mirror", options->mirror, "directory or address with the same files");
  CLI::App* check = add("verify", "compare every file with the published one, and read it as a run does; exit status 1 if a file differs or cannot be read");
  check->add_option("NAME", options->names, "data sets (default: all on this machine)");
  check->add_flag("--json", options->json, "print JSON");
  CLI::App* split = add("partition", "show a partition: images of each class on each node");
  split->add_option("NAME", options->partition.dataset, "data set, such as fashion-mnist")->required();
  split->add_option("--partition", options->partition.partition, "value of data.partition, such as \"dirichlet(0.1)\"")->capture_default_str();
  split->add_option("--nodes,-n", options->partition.nodes, "number of nodes")->capture_default_str();
  split->add_option("--seed", options->partition.seed, "seed; the run with this seed gets the same partition")->capture_default_str();
  split->add_option("--validation", options->partition.validation, "value of evaluation.validation: share of the samples that is held out first")
      ->capture_default_str();
  auto* json = split->add_flag("--json", options->partition.json, "print JSON");
  split->add_flag("--csv", options->partition.csv, "print CSV")->excludes(json);
  split->footer(listing("Partitions", partitions()) + listing("Data sets", datasets()));
  return [=] {
    if (known->parsed()) return list(*options);
    if (get->parsed()) return fetch_sets(*options);
    if (check->parsed()) return verify(*options);
    return show_partition(options->partition, options->data);
  };
}

}  // namespace xib
