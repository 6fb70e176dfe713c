#pragma once

#include "harness/comm/communicator.hpp"

#include <functional>

// Runs body(communicator) on every rank of every world that this program stands for: one process, worlds of threads, or the ranks that
// mpirun started. Bodies communicate first and check afterwards, by throwing.
void on_every_rank(const std::function<void(xib::Communicator&)>& body);
