#include "slm_lab/env/gymnasium/shared_rows.h"

#include <fmt/format.h>

namespace slm {
namespace {

constexpr std::size_t kAlignment = 64;

const char* numpy_name(ObsNumber number) {
  switch (number) {
    case ObsNumber::bytes:
      return "u1";
    case ObsNumber::float32:
      return "f4";
    case ObsNumber::float64:
      return "f8";
  }
  return "";
}

}  // namespace

std::size_t size_of(ObsNumber number) {
  switch (number) {
    case ObsNumber::bytes:
      return 1;
    case ObsNumber::float32:
      return sizeof(float);
    case ObsNumber::float64:
      return sizeof(double);
  }
  return 0;
}

SharedRows::SharedRows(int rows, const GymnasiumFacts& facts, ObsNumber number)
    : rows_(rows),
      number_(number),
      channels_last_(facts.channels_last),
      action_dim_(static_cast<std::size_t>(facts.action.size())),
      obs_bytes_(static_cast<std::size_t>(facts.obs.size()) * size_of(number)),
      memory_([&] {
        const auto column = [&](std::size_t row_bytes) {
          const std::size_t begin = size_;
          const std::size_t bytes = static_cast<std::size_t>(rows) * row_bytes;
          size_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
          return begin;
        };
        actions_ = column(action_dim_ * sizeof(float));
        rewards_ = column(sizeof(double));
        seeds_ = column(sizeof(std::uint64_t));
        generators_ = column(kGeneratorWords * sizeof(std::uint64_t));
        terminated_ = column(1);
        truncated_ = column(1);
        chosen_ = column(1);
        known_ = column(1);
        next_obs_ = column(obs_bytes_);
        obs_ = column(obs_bytes_);
        return size_;
      }()) {}

std::string SharedRows::layout() const {
  return fmt::format(
      R"({{"rows": {}, "bytes": {}, "dtype": "{}", "channels_last": {}, "actions": {}, "rewards": {}, "seeds": {}, )"
      R"("generators": {}, "terminated": {}, "truncated": {}, "chosen": {}, "known": {}, "next_obs": {}, "obs": {}}})",
      rows_, size_, numpy_name(number_), channels_last_, actions_, rewards_, seeds_, generators_, terminated_,
      truncated_, chosen_, known_, next_obs_, obs_);
}

}  // namespace slm
