#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "slm_lab/net/kernel.h"
#include "slm_lab/net/parameters.h"

namespace slm {

class SpecReader;

/// `agent.net.batch_renorm` of a spec, by the names of SLM-Lab 5.
struct BatchRenormConfig {
  double momentum = 0.01;             ///< weight of a batch in the running statistics
  double eps = 1e-5;                  ///< added to variances
  double r_max = 3;                   ///< bound of the correction of the standard deviation
  double d_max = 5;                   ///< bound of the correction of the mean, in running standard deviations
  std::int64_t warmup_steps = 10000;  ///< batches until the bounds are those; at the first: 1 and 0
  bool sample_variance = false;       ///< the running variance is that of a sample: n / (n - 1) times a batch's own
};

/// Batch normalisation (Ioffe and Szegedy 2015), with the settings of torch.nn.BatchNorm2d.
inline constexpr BatchRenormConfig kBatchNorm{
    .momentum = 0.1, .eps = 1e-5, .r_max = 1, .d_max = 0, .warmup_steps = 0, .sample_variance = true};

/// Reads the object and ends it with done().
BatchRenormConfig read_batch_renorm_config(SpecReader& spec);

/// Where the running statistics of a layer lie: (width), (width) and one number.
struct RunningStatistics {
  float *mean, *var, *num_batches;
};

/// Floats that they take.
std::size_t running_statistics_size(int width);
/// Adds the buffers of the normalisation `name` of a layer to tensors and buffers_size, and returns where they begin
/// among the buffers (make_room() gives them their room).
std::size_t add_running_statistics(const std::string& name, int width, Parameters& parameters);
/// Those that lie there.
RunningStatistics running_statistics(Parameters& parameters, std::size_t at, int width);

/// Batch renormalisation of the columns of a layer (Ioffe 2017, algorithm 1), which keeps running variances instead of
/// standard deviations and widens its bounds linearly:
///
///   in training    x_hat = (x - mean_b) / std_b,  y = gain * (r * x_hat + d) + shift,
///                  r = clamp(std_b / std, 1 / r_max, r_max),  d = clamp((mean_b - mean) / std, -d_max, d_max)
///   in evaluation  x_hat = (x - mean) / std,  y = gain * x_hat + shift
///
/// with the batch's own mean_b and std_b = sqrt(var_b + eps) and the running ones; r and d have no gradient. While both
/// bounds are 1 and 0 it is batch normalisation. n rows: x, x_hat, y, d (n, width) with padded rows whose padding is
/// zero and stays so; gain, shift and their gradients (width), padded.
class BatchRenorm {
 public:
  BatchRenorm(const BatchRenormConfig& config, int width);

  /// Turns x into x_hat and computes y, which may not be x. Moves `running`, after use.
  void forward_in_training(int n, const float* gain, const float* shift, const RunningStatistics& running, Rows x,
                           Rows y);
  /// Turns d from the gradient with respect to y of the last forward_in_training() into that with respect to x, and
  /// sets the gradients of gain and shift.
  void backward_in_training(int n, const float* gain, ConstRows x_hat, Rows d, float* d_gain, float* d_shift);

  /// To be called before evaluation where `running` has changed.
  void follow(const RunningStatistics& running);
  /// Evaluation: turns x into x_hat by what follow() saw.
  void standardize(int n, Rows x) const;
  /// Evaluation: turns d from the gradient with respect to y into that with respect to x.
  void backward_input(int n, const float* gain, Rows d) const;

 private:
  void measure(int n, Rows x);  // mean_ and var_ of the columns of x, which is left without its mean
  void correct(int n, const RunningStatistics& running);  // inv_std_, r_ and d_; then moves `running`

  BatchRenormConfig config_;
  int width_;
  // Of the last batch in training (width):
  AlignedBuffer mean_, var_, inv_std_, r_, d_;
  AlignedBuffer scale_, offset_;                  // y = scale * x_hat + offset
  AlignedBuffer sums_, product_sums_;             // over the rows of d, and of d * x_hat
  AlignedBuffer running_scale_, running_offset_;  // of evaluation: x_hat = scale * x + offset
};

}  // namespace slm
