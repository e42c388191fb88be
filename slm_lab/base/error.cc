#include "slm_lab/base/error.h"

#include <fmt/format.h>

namespace slm {

void fail(std::string_view what, std::source_location at) {
  throw std::logic_error(fmt::format("{}:{}: {}: {}", at.file_name(), at.line(), at.function_name(), what));
}

}  // namespace slm
