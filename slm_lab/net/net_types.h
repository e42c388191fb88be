#pragma once

#include <string_view>

namespace slm {

/// Whether this version can make a net of the type; compared without case, and true for a name that is none.
bool net_type_available(std::string_view type);

}  // namespace slm
