#pragma once

namespace slm {

/// Opens /dev/null in place of standard input, output and error where they are closed: the next file that is opened
/// would get that number, and what is printed would go into it.
void open_standard_descriptors();

}  // namespace slm
