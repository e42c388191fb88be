#pragma once

namespace slm {

double normal_cdf(double x);  ///< of the standard normal distribution
/// Where the standard normal distribution has `share` in (0, 1) of its mass below.
double normal_quantile(double share);

}  // namespace slm
