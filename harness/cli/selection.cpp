#include "harness/cli/selection.hpp"

#include <CLI/CLI.hpp>

namespace xib {

std::vector<CLI::Option*> add_selection(CLI::App& command, Selection& selection) {
  return {command.add_option("--index", selection.index, "the run with this index in the plan; repeatable")->allow_extra_args(false),
          command.add_option("--id", selection.id, "the run with this id or beginning of an id; repeatable")->allow_extra_args(false),
          command.add_option("--where", selection.where, "runs with key=value, such as variant=ring or train.nodes=16; repeatable")->allow_extra_args(false),
          command.add_option("--stage", selection.stage, "runs of this stage; the first is 1")->check(CLI::PositiveNumber)};
}

void add_overrides(CLI::App& command, std::vector<std::string>& sets) {
  command.add_option("--set", sets, "override a key: key=value, with a dotted key and a TOML value; repeatable")->allow_extra_args(false);
}

void add_device(CLI::App& command, std::string& device, std::string& way) {
  command.add_option("--device", device, "cpu, cuda (a GPU per rank) or cuda:K (default: train.device of the sweep file)");
  command
      .add_option(
          "--way", way,
          "how a GPU computes networks: grouped (one pass for all nodes of a rank), graph (one pass per node, as one CUDA graph), nodes (node by node), auto")
      ->capture_default_str();
}

}  // namespace xib
