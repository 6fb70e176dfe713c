#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/record/kept_file.hpp"
#include "harness/sweep/plan.hpp"

#include <exception>
#include <string>

namespace xib {

// Functions for commands that train, in one process or as ranks of mpirun or srun.

std::string command_line();

// Number of threads by default: the processors of this process, divided among the ranks of this host if they are not bound to processors of their own.
int default_threads();

// Refuses impossible numbers, and warns if the threads must share processors of this machine.
void check_threads(int threads, bool on_this_machine = true);

// Collective. Throws if the ranks have different plans: every rank reads the sweep and the graph files itself, and files may differ between hosts.
void check_same_plan(Communicator& communicator, const Plan& plan);
void check_same_kept(Communicator& communicator, const KeptRuns& kept);  // likewise

// Prints why this rank cannot go on, and returns the exit status. If only this rank failed, it ends all ranks, because they would wait for it.
int end_for(const std::exception& error, Communicator& communicator);

}  // namespace xib
