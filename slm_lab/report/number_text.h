#pragma once

#include <cstdint>
#include <string>

namespace slm {

// Numbers as people read them, in plain ASCII.

std::string count_text(double count);       ///< 950, 12.4k, 200k, 1.25M: at most 5 characters
std::string return_text(double value);      ///< two decimals; none from 10,000 on; "-" for NaN
std::string quantity_text(double value);    ///< three significant digits: 0.0312, 3e-04; "-" for NaN
std::string duration_text(double seconds);  ///< 0:07, 12:34, 1:02:03, 2d 03:04; "-" for NaN and infinity

}  // namespace slm
