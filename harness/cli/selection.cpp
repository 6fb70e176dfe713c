#include "harness/cli/selection.hpp"

#include <CLI/CLI.hpp>

namespace xib {

std::vector<CLI::Option*> add_selection(CLI::App& command, Selection& selection) {
  return {command.add_option("--index", selection.index, "run of this index in the plan")->allow_extra_args(false),
          command.add_option("--id", selection.id, "run with this id, or with an id that begins like this")->allow_extra_args(false),
          command.add_option("--where", selection.where, "runs where key=value holds, e.g. variant=ring or train.nodes=16")->allow_extra_args(false),
          command.add_option("--stage", selection.stage, "runs of this stage, from 1")->check(CLI::PositiveNumber)};
}

}  // namespace xib
