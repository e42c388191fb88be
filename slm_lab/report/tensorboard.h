#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "slm_lab/report/record.h"

namespace slm {

// Records of TensorBoard's event files (report/event_record.h): TensorFlow's Event message (event.proto,
// summary.proto), and what the HPARAMS plugin puts into it (plugin_data.proto). A file is a version record followed by
// any others. Times are seconds since 1970.

/// The first record of every file.
std::string tensorboard_version(double wall_time);

enum class PointKind { train, eval };  ///< which of a session's two tables a row is of

/// One record: a scalar at step `frame` for every column of the row that has a value, named as the column: SLM-Lab's
/// names in Stable-Baselines3's groups, rollout/total_reward, train/loss, time/fps; of an evaluation eval/total_reward.
std::string tensorboard_point(double wall_time, const SessionRow& row, PointKind kind);

/// What tensorboard_point() wrote, as far as one has to know which it was; nothing of any other event.
struct PointPlace {
  PointKind kind = PointKind::train;
  std::int64_t frame = 0;
};
std::optional<PointPlace> point_place(std::string_view event);

std::string tensorboard_text(double wall_time, std::string_view tag, std::string_view markdown);

struct HyperParameter {
  std::string name;
  std::variant<bool, double, std::string> value;
};
/// A row of the HPARAMS table, by the name `group`; sessions of one group are one row. The metrics are all scalars.
std::string tensorboard_start(double wall_time, std::string_view group, std::span<const HyperParameter> parameters);
std::string tensorboard_end(double wall_time, bool success);

}  // namespace slm
