#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slm_lab/spec/reader.h"

namespace slm {

/// How the learning rate moves. LinearToZero follows the frame; the others, PyTorch's schedulers in closed form, count
/// training rounds.
struct LrScheduleConfig {
  std::string name;  ///< empty: constant

  std::int64_t frame = 1;         ///< LinearToZero: where the rate reaches 0
  int step_size = 1;              ///< StepLR: rounds between two drops
  std::vector<int> milestones;    ///< MultiStepLR: the round of each drop
  double gamma = 0.1;             ///< StepLR, MultiStepLR, ExponentialLR: the factor of one drop
  double factor = 1.0 / 3;        ///< ConstantLR: the factor at first
  double start_factor = 1.0 / 3;  ///< LinearLR
  double end_factor = 1;          ///< LinearLR
  int total_iters = 5;            ///< ConstantLR, LinearLR, PolynomialLR: the round where it ends
  double power = 1;               ///< PolynomialLR
  int t_max = 1;                  ///< CosineAnnealingLR: half a period, in rounds ("T_max")
  double eta_min = 0;             ///< CosineAnnealingLR: the lowest rate
};

/// Reads the object `lr_scheduler_spec` and ends it with done().
std::vector<std::string> lr_schedule_names();
LrScheduleConfig read_lr_schedule_config(SpecReader& spec);

/// The learning rate that starts at `base_lr` (but where the schedule's first factor is not 1).
class LrSchedule {
 public:
  LrSchedule(const LrScheduleConfig& config, double base_lr);
  /// After `rounds` rounds of training, at `frame`.
  double at(std::int64_t rounds, std::int64_t frame) const {
    return lr_(config_, base_lr_, static_cast<double>(rounds), static_cast<double>(frame));
  }

 private:
  LrScheduleConfig config_;
  double base_lr_;
  double (*lr_)(const LrScheduleConfig&, double base_lr, double rounds, double frame);  // asked at every step
};

}  // namespace slm
