#pragma once

namespace slm {

/// The cores that this process may use: those it is bound to, or fewer where a control group grants less time (2.5
/// cores' worth is 3, so that none of it is left lying).
int available_cores();

}  // namespace slm
