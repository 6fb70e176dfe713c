#include "harness/core/check.hpp"
#include "harness/task/models/models.hpp"

#include <cmath>

namespace xib {

Network mlp(const Term& term, const ModelOptions&, const ImageShape& input, int classes) {
  Arguments a(term, "model.name");
  const auto hidden = a.rest();
  a.done();
  require(!hidden.empty(), Key{"model.name"}, "mlp needs the size of each hidden layer, as in mlp(128); without any, take logistic");
  NetworkBuilder net(input, classes, Norm::none);
  for (const double units : hidden) {
    require(units >= 1 && units <= 1 << 20 && units == std::floor(units), Key{"model.name"}, "mlp: a hidden layer of {} units", units);
    net.hidden(static_cast<int>(units));
  }
  return std::move(net).classify();
}

Network logistic(const Term&, const ModelOptions&, const ImageShape& input, int classes) {
  NetworkBuilder net(input, classes, Norm::none);
  return std::move(net).classify();
}

}  // namespace xib
