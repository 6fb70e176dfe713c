#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/sweep/plan.hpp"

#include <exception>
#include <string>

namespace xib {

// Functions that the commands that train share, alone and as ranks of mpirun or srun.

std::string command_line();

// Processors of this process, shared with the other ranks on this host where none is bound to its own.
int default_threads();

// Refuses impossible numbers, and warns where the threads have to share processors of this machine.
void check_threads(int threads, bool on_this_machine = true);

// Collective. Every rank reads the sweep and the graph files itself, and on another host it may find others.
void check_same_plan(Communicator& communicator, const Plan& plan);

// Says why this rank cannot go on, and gives the exit status; where only this rank failed, all are ended, because they would wait for it.
int end_for(const std::exception& error, Communicator& communicator);

}  // namespace xib
