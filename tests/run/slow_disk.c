/* A disk that takes its time for fsync: what is being written stays half written for long enough to be caught at it. Preloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>

int fsync(int file) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  usleep(1000000);
  return real(file);
}
