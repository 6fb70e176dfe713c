// Prints what reference/theory.hpp makes of the numbers on a line, for theory_test.py: p k distance2 lr phi2 sigma2 L n gradient_norm2.
#include <cstdio>

#include "reference/theory.hpp"

int main() {
  using namespace xib::reference;
  double p, distance2, lr, phi2, sigma2, L, gradient_norm2;
  int k, n;
  while (std::scanf("%lf %d %lf %lf %lf %lf %lf %d %lf", &p, &k, &distance2, &lr, &phi2, &sigma2, &L, &n, &gradient_norm2) == 9)
    std::printf("%.17g %.17g %.17g %.17g %.17g\n", mixing_parameter_of_rounds(p, k), recursion_bound(distance2, p, lr, phi2, sigma2),
                steady_state_bound(p, lr, phi2, sigma2), typical_distance2(p, lr, phi2, sigma2), critical_distance2(lr, sigma2, L, n, gradient_norm2));
}
