#include "harness/cli/selection.hpp"

#include <CLI/CLI.hpp>

namespace xib {

std::vector<CLI::Option*> add_selection(CLI::App& command, Selection& selection) {
  return {command.add_option("--index", selection.index, "the run with this index in the plan; repeatable")->allow_extra_args(false),
          command.add_option("--id", selection.id, "the run with this id or beginning of an id; repeatable")->allow_extra_args(false),
          command.add_option("--where", selection.where, "runs with key=value, such as variant=ring or train.nodes=16; repeatable")->allow_extra_args(false),
          command.add_option("--stage", selection.stage, "runs of this stage; the first is 1")->check(CLI::PositiveNumber)};
}

}  // namespace xib
