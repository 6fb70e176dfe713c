#pragma once

#include <cmath>
#include <map>

#include "reference/dense.hpp"
#include "reference/sgd.hpp"

namespace xib::reference {

struct Adam {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool decoupled = true;  // AdamW
};

// Both moments of one node, zero before its first step.
struct Moments {
  Vector first, second;
};

// The direction that is subtracted lr times in step t = 1, 2, ... (Kingma and Ba 2015, algorithm 1):
//   m <- β1 m + (1 - β1) g;   v <- β2 v + (1 - β2) g²;   m̂ = m / (1 - β1^t);   v̂ = v / (1 - β2^t);   m̂ / (sqrt(v̂) + ε)
// Weight decay λ: decoupled (Loshchilov and Hutter 2019) adds λ x to the direction, else it is added to g.
inline Vector adam_direction(const Adam& adam, std::int64_t t, const Vector& gradient, const Vector& x, Moments& moments) {
  moments.first.resize(x.size(), 0);
  moments.second.resize(x.size(), 0);
  Vector direction(x.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double g = adam.decoupled ? gradient[k] : gradient[k] + adam.weight_decay * x[k];
    moments.first[k] = adam.beta1 * moments.first[k] + (1 - adam.beta1) * g;
    moments.second[k] = adam.beta2 * moments.second[k] + (1 - adam.beta2) * std::pow(g, 2);
    const double mean = moments.first[k] / (1 - std::pow(adam.beta1, t)), square = moments.second[k] / (1 - std::pow(adam.beta2, t));
    direction[k] = mean / (std::sqrt(square) + adam.epsilon);
    if (adam.decoupled) direction[k] += adam.weight_decay * x[k];
  }
  return direction;
}

// In the place of a twin's SGD, with the moments of every node.
inline Sgd in_place_of_sgd(const Adam& adam) {
  Sgd sgd;
  sgd.instead = [adam, moments = std::map<int, Moments>()](int node, std::int64_t step, const Vector& gradient, const Vector& x) mutable {
    return adam_direction(adam, step + 1, gradient, x, moments[node]);
  };
  return sgd;
}

}  // namespace xib::reference
