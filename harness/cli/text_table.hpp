#pragma once

#include <string>
#include <vector>

namespace xib {

// Rows of equal length, the first of them titles, as aligned columns; columns without any text below the title are left out. Columns of
// numbers are flush right.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace xib
