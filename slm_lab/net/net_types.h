#pragma once

#include <string_view>

namespace slm {

/// What a net of the type needs that this version lacks, "needs ..."; empty for one that it can make. Names are
/// compared without case; a name that is none needs nothing.
std::string_view missing_for_net(std::string_view type);

}  // namespace slm
