#include "slm_lab/algorithm/schedule.h"

#include <cmath>
#include <numbers>

namespace slm {
namespace {

using std::literals::operator""sv;  // compares sizes first: a schedule is asked at every step

constexpr double kRate = 0.9;      // rate_decay: the factor per stretch
constexpr double kStretches = 20;  // of which there are so many between start_step and end_step
constexpr double kWaveSteps = 60;  // periodic_decay: radians between start_step and end_step

// start_val * 0.9^x, no lower than end_val; rising, the distance to end_val shrinks by the same factor.
double rate_decay(double start, double end, double progress) {
  const double factor = std::pow(kRate, progress * kStretches);
  return start >= end ? std::max(start * factor, end) : end + (start - end) * factor;
}

// A cosine between the two values whose amplitude shrinks to nothing.
double periodic_decay(double start, double end, double progress) {
  const double x = progress * kWaveSteps;
  return end + 0.5 * (start - end) * (1 + std::cos(x)) * (1 - progress);
}

}  // namespace

double Schedule::at(std::int64_t frame) const {
  const auto now = static_cast<double>(frame);
  if (name == "no_decay"sv || now < start_step) return start_val;
  if (now >= end_step) return end_val;
  const double progress = (now - start_step) / (end_step - start_step);
  if (name == "rate_decay"sv) return rate_decay(start_val, end_val, progress);
  if (name == "periodic_decay"sv) return periodic_decay(start_val, end_val, progress);
  return start_val + (end_val - start_val) * progress;
}

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names{"no_decay", "linear_decay", "rate_decay", "periodic_decay"};
  return names;
}

std::optional<Schedule> read_schedule(SpecReader& reader, std::string_view key, std::string_view doc,
                                      const Range& range) {
  std::optional<SpecReader> object = reader.child(key, doc);
  if (!object) return std::nullopt;
  Schedule s;
  object->choose("name", schedule_names(), "how the value moves", [&](const std::string& name, SpecReader& rest) {
    s.name = name;
    rest.require("start_val", s.start_val, "value up to start_step", range);
    s.end_val = s.start_val;
    rest.read("end_val", s.end_val, "value from end_step on, and in evaluation; default: start_val", range);
    rest.read("start_step", s.start_step, "frame at which the change starts", at_least(0));
    if (name == "no_decay") {
      rest.read("end_step", s.end_step, "unused by no_decay", at_least(0));
      if (s.end_val != s.start_val) rest.note("end_val", "no_decay keeps start_val; end_val is not used");
    } else {
      rest.require("end_step", s.end_step, "frame at which end_val is reached", at_least(0));
      if (s.end_step < s.start_step) rest.problem("end_step", "expected no less than start_step");
    }
  });
  object->done();
  return s;
}

}  // namespace slm
