/* A network file system that makes a link, loses the answer and finds the name taken when it asks again. Preloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

int link(const char *from, const char *to) {
  static int (*real)(const char *, const char *);
  if (real == NULL) real = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "link");
  real(from, to);
  return real(from, to);
}
