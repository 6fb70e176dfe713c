/* A disk or a file server that fails reads of run files with the error XB_TEST_ERRNO, so often as XB_TEST_FAILURES says. Preloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_run_file(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path);
  return length > 3 && memcmp(path + length - 3, ".h5", 3) == 0;
}

static int fails(int file) {
  static long failures;
  const char *error = getenv("XB_TEST_ERRNO"), *limit = getenv("XB_TEST_FAILURES");
  if (error == NULL || limit == NULL || !is_run_file(file)) return 0;
  if (__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED) > atol(limit)) return 0;
  errno = atoi(error);
  return 1;
}

ssize_t pread(int file, void *bytes, size_t size, off_t at) {
  static ssize_t (*real)(int, void *, size_t, off_t);
  if (real == NULL) real = (ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
  return fails(file) ? -1 : real(file, bytes, size, at);
}

ssize_t pread64(int file, void *bytes, size_t size, off64_t at) {
  static ssize_t (*real)(int, void *, size_t, off64_t);
  if (real == NULL) real = (ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
  return fails(file) ? -1 : real(file, bytes, size, at);
}
