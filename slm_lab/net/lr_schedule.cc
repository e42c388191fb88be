#include "slm_lab/net/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

namespace slm {
namespace {

double fraction(const LrScheduleConfig& c, double rounds) {
  return std::min(rounds, double(c.total_iters)) / c.total_iters;
}

double constant(const LrScheduleConfig&, double base, double, double) { return base; }

struct LrScheduleEntry {
  const char* name;
  void (*read)(SpecReader&, LrScheduleConfig&);
  double (*lr)(const LrScheduleConfig&, double base, double rounds, double frame);
};

const Range kFactor = between(0, 1e38), kRounds = between(1, 1e9);  // far beyond use, short of overflow
constexpr const char* kGammaDoc = "factor of the learning rate at each drop";
constexpr const char* kTotalDoc = "training rounds until the schedule ends";

const LrScheduleEntry kLrSchedules[] = {
    {"LinearToZero",
     [](SpecReader& r, LrScheduleConfig& c) {
       r.require("frame", c.frame, "environment frame at which the learning rate reaches 0", between(1, 1e15));
     },
     [](const LrScheduleConfig& c, double base, double, double frame) {
       return base * std::max(0.0, 1 - frame / static_cast<double>(c.frame));
     }},
    {"StepLR",
     [](SpecReader& r, LrScheduleConfig& c) {
       r.require("step_size", c.step_size, "training rounds between two drops", kRounds);
       r.read("gamma", c.gamma, kGammaDoc, kFactor);
     },
     [](const LrScheduleConfig& c, double base, double rounds, double) {
       return base * std::pow(c.gamma, std::floor(rounds / c.step_size));
     }},
    {"MultiStepLR",
     [](SpecReader& r, LrScheduleConfig& c) {
       r.require("milestones", c.milestones, "training rounds at which the rate drops", between(0, 1e9));
       r.read("gamma", c.gamma, kGammaDoc, kFactor);
     },
     [](const LrScheduleConfig& c, double base, double rounds, double) {
       const auto passed = std::count_if(c.milestones.begin(), c.milestones.end(), [&](int m) { return m <= rounds; });
       return base * std::pow(c.gamma, static_cast<double>(passed));
     }},
    {"ExponentialLR",
     [](SpecReader& r, LrScheduleConfig& c) {
       r.require("gamma", c.gamma, "factor of the learning rate at each training round", kFactor);
     },
     [](const LrScheduleConfig& c, double base, double rounds, double) { return base * std::pow(c.gamma, rounds); }},
    {"ConstantLR",
     [](SpecReader& r, LrScheduleConfig& c) {
       r.read("factor", c.factor, "factor of the learning rate until the schedule ends", between(0, 1));
       r.read("total_iters", c.total_iters, kTotalDoc, kRounds);
     },
     [](const LrScheduleConfig& c, double base, double rounds, double) {
       return rounds < c.total_iters ? base * c.factor : base;
     }},
    {"LinearLR",
     [](SpecReader& r, LrScheduleConfig& c) {
       r.read("start_factor", c.start_factor, "factor of the learning rate at the start", between(0, 1));
       r.read("end_factor", c.end_factor, "factor of the learning rate at the end", between(0, 1));
       r.read("total_iters", c.total_iters, kTotalDoc, kRounds);
     },
     [](const LrScheduleConfig& c, double base, double rounds, double) {
       return base * (c.start_factor + (c.end_factor - c.start_factor) * fraction(c, rounds));
     }},
    {"PolynomialLR",
     [](SpecReader& r, LrScheduleConfig& c) {
       r.read("power", c.power, "exponent of the decay; 1 is linear", between(0, 100));
       r.read("total_iters", c.total_iters, kTotalDoc, kRounds);
     },
     [](const LrScheduleConfig& c, double base, double rounds, double) {
       return base * std::pow(1 - fraction(c, rounds), c.power);
     }},
    {"CosineAnnealingLR",
     [](SpecReader& r, LrScheduleConfig& c) {
       r.require("T_max", c.t_max, "training rounds from the highest rate to the lowest", kRounds);
       r.read("eta_min", c.eta_min, "lowest learning rate", between(0, 1000));
     },
     [](const LrScheduleConfig& c, double base, double rounds, double) {
       return c.eta_min + (base - c.eta_min) * (1 + std::cos(std::numbers::pi * rounds / c.t_max)) / 2;
     }},
};

const LrScheduleEntry* find(const std::string& name) {
  return std::find_if(std::begin(kLrSchedules), std::end(kLrSchedules),
                      [&](const LrScheduleEntry& entry) { return name == entry.name; });
}

}  // namespace

std::vector<std::string> lr_schedule_names() {
  std::vector<std::string> names;
  for (const LrScheduleEntry& entry : kLrSchedules) names.emplace_back(entry.name);
  return names;
}

LrScheduleConfig read_lr_schedule_config(SpecReader& spec) {
  LrScheduleConfig c;
  spec.choose("name", lr_schedule_names(), "how the learning rate moves", [&](const std::string& name, SpecReader& r) {
    c.name = name;
    find(name)->read(r, c);
  });
  spec.done();
  return c;
}

LrSchedule::LrSchedule(const LrScheduleConfig& config, double base_lr)
    : config_(config), base_lr_(base_lr), lr_(config.name.empty() ? constant : find(config.name)->lr) {}

}  // namespace slm
