// Preloaded: a rank whose whole process stops when it first tells the others something, as on a node that freezes.
#include <signal.h>

int MPI_Gather(const void* from, int count, void* type, void* to, int to_count, void* to_type, int root, void* communicator) {
  (void)from, (void)count, (void)type, (void)to, (void)to_count, (void)to_type, (void)root, (void)communicator;
  raise(SIGSTOP);
  return 0;
}
