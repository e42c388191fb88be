#include "slm_lab/net/batch_renorm.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/net/scale_and_shift.h"
#include "slm_lab/spec/reader.h"

namespace slm {

BatchRenormConfig read_batch_renorm_config(SpecReader& r) {
  BatchRenormConfig c;
  const Range weight{.low = 0, .high = 1, .low_open = true, .high_open = false, .names = {}};
  r.read("momentum", c.momentum, "weight of a batch in the running statistics", weight);
  r.read("eps", c.eps, "added to variances before their root", weight);
  r.read("r_max", c.r_max, "how far a batch's standard deviation may be from the running one: a factor",
         between(1, 1e6));
  r.read("d_max", c.d_max, "how far its mean may be, in running standard deviations", between(0, 1e6));
  r.read("warmup_steps", c.warmup_steps,
         "batches over which the bounds go from 1 and 0 (batch normalisation) to r_max and d_max", between(0, 1e7));
  r.done();
  return c;
}

std::size_t running_statistics_size(int width) {
  return 2 * static_cast<std::size_t>(kernel_padded(width)) + kKernelPadding;
}

std::size_t add_running_statistics(const std::string& name, int width, Parameters& parameters) {
  const std::size_t at = parameters.buffers_size;
  const auto padded = static_cast<std::size_t>(kernel_padded(width));
  const auto add = [&](const char* part, std::vector<std::int64_t> shape, std::size_t offset) {
    parameters.tensors.push_back(
        {name + part, std::move(shape), at + offset, static_cast<std::int64_t>(padded), false, true});
  };
  add(".running_mean", {width}, 0);
  add(".running_var", {width}, padded);
  add(".num_batches_tracked", {}, 2 * padded);
  parameters.buffers_size += running_statistics_size(width);
  return at;
}

RunningStatistics running_statistics(Parameters& parameters, std::size_t at, int width) {
  float* const mean = parameters.values.data() + parameters.learnt_size() + at;
  return {mean, mean + kernel_padded(width), mean + 2 * kernel_padded(width)};
}

BatchRenorm::BatchRenorm(const BatchRenormConfig& config, int width) : config_(config), width_(width) {
  for (AlignedBuffer* buffer : {&mean_, &var_, &inv_std_, &r_, &d_, &scale_, &offset_, &sums_, &product_sums_,
                                &running_scale_, &running_offset_})
    *buffer = AlignedBuffer(static_cast<std::size_t>(kernel_padded(width)));
}

void BatchRenorm::forward_in_training(int n, const float* gain, const float* shift, const RunningStatistics& running,
                                      Rows x, Rows y) {
  measure(n, x);
  correct(n, running);
  for (int c = 0; c < width_; ++c) {
    scale_.data()[c] = gain[c] * r_.data()[c];
    offset_.data()[c] = gain[c] * d_.data()[c] + shift[c];
  }
  for (int i = 0; i < n; ++i) {
    float* const row = x.data + i * x.stride;
    for (int c = 0; c < kernel_padded(width_); ++c) row[c] *= inv_std_.data()[c];
  }
  scale_and_shift(n, kernel_padded(width_), x, scale_.data(), offset_.data(), y);
}

void BatchRenorm::measure(int n, Rows x) {
  const int padded = kernel_padded(width_);
  float* const mean = mean_.data();
  float* const var = var_.data();
  const float share = 1 / static_cast<float>(n);
  sum_in_blocks(n, padded, mean, [&](int i, int c) { return share * x.data[i * x.stride + c]; });
  sum_in_blocks(n, padded, var, [&](int i, int c) {
    float& number = x.data[i * x.stride + c];
    number -= mean[c];
    return share * number * number;
  });
}

void BatchRenorm::correct(int n, const RunningStatistics& running) {
  const double steps = static_cast<double>(config_.warmup_steps);
  const double warm = steps > 0 ? std::min(1.0, static_cast<double>(*running.num_batches) / steps) : 1;
  const double r_max = 1 + warm * (config_.r_max - 1), d_max = warm * config_.d_max;
  const auto momentum = static_cast<float>(config_.momentum);
  const float of_sample = config_.sample_variance && n > 1 ? static_cast<float>(n) / static_cast<float>(n - 1) : 1.0f;
  for (int c = 0; c < width_; ++c) {
    const float mean = mean_.data()[c], var = var_.data()[c];
    const double std = std::sqrt(static_cast<double>(var) + config_.eps);
    const double running_std = std::sqrt(static_cast<double>(running.var[c]) + config_.eps);
    inv_std_.data()[c] = static_cast<float>(1 / std);
    r_.data()[c] = static_cast<float>(std::clamp(std / running_std, 1 / r_max, r_max));
    d_.data()[c] =
        static_cast<float>(std::clamp(static_cast<double>(mean - running.mean[c]) / running_std, -d_max, d_max));
    running.mean[c] += momentum * (mean - running.mean[c]);
    running.var[c] += momentum * (of_sample * var - running.var[c]);
  }
  *running.num_batches += 1;  // beyond 2^24 it stays, long after the last warm-up
}

// With y = scale * x_hat + offset:  dx = inv_std * scale * (dy - mean(dy) - x_hat * mean(dy * x_hat)).
void BatchRenorm::backward_in_training(int n, const float* gain, ConstRows x_hat, Rows d, float* d_gain,
                                       float* d_shift) {
  const int padded = kernel_padded(width_);
  float* const sum = sums_.data();
  float* const product_sum = product_sums_.data();
  scale_and_shift_backward(n, width_, x_hat, d, product_sum, sum);
  for (int c = 0; c < width_; ++c) {
    d_gain[c] = r_.data()[c] * product_sum[c] + d_.data()[c] * sum[c];
    d_shift[c] = sum[c];
    sum[c] /= static_cast<float>(n);
    product_sum[c] /= static_cast<float>(n);
    scale_.data()[c] = inv_std_.data()[c] * gain[c] * r_.data()[c];
  }
  for (int i = 0; i < n; ++i) {
    float* const row = d.data + i * d.stride;
    const float* const xs = x_hat.data + i * x_hat.stride;
    for (int c = 0; c < padded; ++c) row[c] = scale_.data()[c] * (row[c] - sum[c] - xs[c] * product_sum[c]);
  }
}

void BatchRenorm::follow(const RunningStatistics& running) {
  for (int c = 0; c < width_; ++c) {
    const double inv_std = 1 / std::sqrt(static_cast<double>(running.var[c]) + config_.eps);
    running_scale_.data()[c] = static_cast<float>(inv_std);
    running_offset_.data()[c] = static_cast<float>(-static_cast<double>(running.mean[c]) * inv_std);
  }
}

void BatchRenorm::standardize(int n, Rows x) const {
  scale_and_shift(n, kernel_padded(width_), x, running_scale_.data(), running_offset_.data(), x);
}

void BatchRenorm::backward_input(int n, const float* gain, Rows d) const {
  for (int i = 0; i < n; ++i) {
    float* const row = d.data + i * d.stride;
    for (int c = 0; c < kernel_padded(width_); ++c) row[c] *= gain[c] * running_scale_.data()[c];
  }
}

}  // namespace slm
