#include "harness/sweep/contrasts.hpp"

#include <algorithm>

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"

namespace xib {

Contrast read_contrast(const Leaf& table, const std::string& path, Problems& problems) {
  Contrast contrast;
  contrast.where = contrast.arm_where = contrast.against_where = fmt::format("{}:{}", path, table.line);
  if (table.type != Leaf::Type::table) {
    problems.add(contrast.where, "contrast", "is not a table; write [[contrast]] and below it arm = \"...\" and against = \"...\"");
    return contrast;
  }
  for (const Leaf& leaf : table.children) {
    const std::string at = fmt::format("{}:{}", path, leaf.line);
    if (leaf.key != "arm" && leaf.key != "against") {
      problems.add(at, "contrast." + leaf.key, "unknown key; a [[contrast]] has arm and against, two names of variants");
      continue;
    }
    (leaf.key == "arm" ? contrast.arm_where : contrast.against_where) = at;
    if (leaf.type == Leaf::Type::text && !leaf.text.empty())
      (leaf.key == "arm" ? contrast.arm : contrast.against) = leaf.text;
    else
      problems.add(at, "contrast." + leaf.key,
                   fmt::format("expected the name of a variant, got {}", leaf.type == Leaf::Type::text ? "an empty text" : describe(leaf)));
  }
  for (const char* key : {"arm", "against"})
    if (std::none_of(table.children.begin(), table.children.end(), [&](const Leaf& leaf) { return leaf.key == key; }))
      problems.add(contrast.where, fmt::format("contrast.{}", key), "is missing; write the name of a variant");
  return contrast;
}

void check_contrasts(const std::vector<Contrast>& contrasts, const std::vector<std::string>& variants, const std::string& baseline, Problems& problems) {
  const auto check_arm = [&](const std::string& name, const std::string& where, const char* key) {
    if (name.empty()) return;  // said already
    if (std::find(variants.begin(), variants.end(), name) == variants.end()) {
      problems.add(where, key, unknown_name("variant", name, variants));
    } else if (name == baseline) {
      problems.add(where, key,
                   fmt::format("'{}' is the baseline, with which every variant is compared already; name another arm, or leave the contrast out", name));
    }
  };
  for (std::size_t k = 0; k < contrasts.size(); ++k) {
    const Contrast& contrast = contrasts[k];
    check_arm(contrast.arm, contrast.arm_where, "contrast.arm");
    check_arm(contrast.against, contrast.against_where, "contrast.against");
    if (!contrast.arm.empty() && contrast.arm == contrast.against)
      problems.add(contrast.against_where, "contrast.against", fmt::format("'{}' is compared with itself; name another arm", contrast.arm));
    for (std::size_t j = 0; j < k; ++j)
      if (contrasts[j].arm == contrast.arm && contrasts[j].against == contrast.against && !contrast.arm.empty())
        problems.add(contrast.where, "contrast", fmt::format("'{}' against '{}' is there twice; write it once", contrast.arm, contrast.against));
  }
}

}  // namespace xib
