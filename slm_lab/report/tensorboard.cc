#include "slm_lab/report/tensorboard.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/report/event_record.h"
#include "slm_lab/report/wire_format.h"

namespace slm {
namespace {

// The numbers of the fields.
constexpr int kEventWallTime = 1, kEventStep = 2, kEventFileVersion = 3, kEventSummary = 5;
constexpr int kSummaryValue = 1;
constexpr int kValueTag = 1, kValueSimpleValue = 2, kValueTensor = 8, kValueMetadata = 9;
constexpr int kMetadataPluginData = 1, kPluginName = 1, kPluginContent = 2;
constexpr int kTensorDtype = 1, kTensorShape = 2, kTensorString = 8, kShapeDim = 2, kDimSize = 1;
constexpr int kHparamsStart = 3, kHparamsEnd = 4;
constexpr int kStartHparams = 1, kStartGroup = 4, kStartTime = 5, kMapKey = 1, kMapValue = 2;
constexpr int kAnyNumber = 2, kAnyString = 3, kAnyBool = 4;
constexpr int kEndStatus = 1, kEndTime = 2, kSuccess = 1, kFailure = 2;
constexpr int kDtypeFloat = 1, kDtypeString = 7;

constexpr std::string_view kEval = "eval/";

/// Stable-Baselines3 has these groups; what is neither of an episode nor of a clock is of training.
std::string_view group_of(const Column& column) {
  using Row = SessionRow;
  constexpr std::array rollout = {&Row::total_reward, &Row::total_reward_ma, &Row::episode_length, &Row::epi};
  constexpr std::array time = {&Row::fps, &Row::wall_t, &Row::t};
  if (std::ranges::find(rollout, column.value) != rollout.end()) return "rollout/";
  return std::ranges::find(time, column.value) != time.end() ? "time/" : "train/";
}

/// `frame` is the step; an evaluation tells its return alone, the rest is in the log point of the same frame.
bool is_shown(const Column& column, PointKind kind) {
  if (kind == PointKind::train) return column.value != &SessionRow::frame;
  return column.value == &SessionRow::total_reward || column.value == &SessionRow::total_reward_ma;
}

std::string event_at(double wall_time) {
  std::string event;
  append_double_field(kEventWallTime, wall_time, event);
  return event;
}

std::string record_of(const std::string& event) {
  std::string record;
  append_event_record(event, record);
  return record;
}

/// A value that a plugin reads: its content, and a tensor.
std::string plugin_record(double wall_time, std::string_view tag, std::string_view plugin, std::string_view content,
                          std::string_view tensor) {
  std::string plugin_data, metadata, value, summary, event = event_at(wall_time);
  append_bytes_field(kPluginName, plugin, plugin_data);
  if (!content.empty()) append_bytes_field(kPluginContent, content, plugin_data);
  append_bytes_field(kMetadataPluginData, plugin_data, metadata);
  append_bytes_field(kValueTag, tag, value);
  append_bytes_field(kValueTensor, tensor, value);
  append_bytes_field(kValueMetadata, metadata, value);
  append_bytes_field(kSummaryValue, value, summary);
  append_bytes_field(kEventSummary, summary, event);
  return record_of(event);
}

std::string hparams_record(double wall_time, std::string_view tag, int kind, std::string_view info) {
  std::string content, shape, tensor;
  append_bytes_field(kind, info, content);
  append_bytes_field(kShapeDim, "", shape);
  append_varint_field(kTensorDtype, kDtypeFloat, tensor);  // which TensorBoard looks for, and does not look at
  append_bytes_field(kTensorShape, shape, tensor);
  return plugin_record(wall_time, tag, "hparams", content, tensor);
}

std::string any_value(const HyperParameter& parameter) {
  std::string out;
  if (const auto* number = std::get_if<double>(&parameter.value)) append_double_field(kAnyNumber, *number, out);
  if (const auto* text = std::get_if<std::string>(&parameter.value)) append_bytes_field(kAnyString, *text, out);
  if (const auto* flag = std::get_if<bool>(&parameter.value)) append_varint_field(kAnyBool, *flag ? 1 : 0, out);
  return out;
}

}  // namespace

std::string tensorboard_version(double wall_time) {
  std::string event = event_at(wall_time);
  append_bytes_field(kEventFileVersion, "brain.Event:2", event);
  return record_of(event);
}

std::string tensorboard_point(double wall_time, const SessionRow& row, PointKind kind) {
  std::string summary, tag, value;
  for (const Column& column : kColumns) {
    const double number = row.*column.value;
    if (std::isnan(number) || !is_shown(column, kind)) continue;
    tag.assign(kind == PointKind::eval ? kEval : group_of(column)).append(column.name);
    value.clear();
    append_bytes_field(kValueTag, tag, value);
    append_float_field(kValueSimpleValue, static_cast<float>(number), value);
    append_bytes_field(kSummaryValue, value, summary);
  }
  std::string event = event_at(wall_time);
  append_varint_field(kEventStep, static_cast<std::uint64_t>(row.frame), event);
  append_bytes_field(kEventSummary, summary, event);
  return record_of(event);
}

std::optional<PointPlace> point_place(std::string_view event) {
  PointPlace place;
  bool has_step = false, has_scalar = false;
  while (const auto field = next_wire_field(event)) {
    if (field->number == kEventStep) {
      place.frame = static_cast<std::int64_t>(field->integer);
      has_step = true;
    }
    if (field->number != kEventSummary) continue;
    std::string_view summary = field->bytes;
    const auto value = next_wire_field(summary);
    if (!value) continue;
    std::string_view left = value->bytes;
    const auto tag = next_wire_field(left), number = next_wire_field(left);
    has_scalar = number && number->number == kValueSimpleValue;
    if (tag && tag->bytes.starts_with(kEval)) place.kind = PointKind::eval;
  }
  return has_step && has_scalar ? std::optional(place) : std::nullopt;
}

std::string tensorboard_text(double wall_time, std::string_view tag, std::string_view markdown) {
  std::string dim, shape, tensor;
  append_varint_field(kDimSize, 1, dim);
  append_bytes_field(kShapeDim, dim, shape);
  append_varint_field(kTensorDtype, kDtypeString, tensor);
  append_bytes_field(kTensorShape, shape, tensor);
  append_bytes_field(kTensorString, markdown, tensor);
  return plugin_record(wall_time, tag, "text", "", tensor);
}

std::string tensorboard_start(double wall_time, std::string_view group, std::span<const HyperParameter> parameters) {
  std::string info;
  for (const HyperParameter& parameter : parameters) {
    std::string entry;
    append_bytes_field(kMapKey, parameter.name, entry);
    append_bytes_field(kMapValue, any_value(parameter), entry);
    append_bytes_field(kStartHparams, entry, info);
  }
  append_bytes_field(kStartGroup, group, info);
  append_double_field(kStartTime, wall_time, info);
  return hparams_record(wall_time, "_hparams_/session_start_info", kHparamsStart, info);
}

std::string tensorboard_end(double wall_time, bool success) {
  std::string info;
  append_varint_field(kEndStatus, success ? kSuccess : kFailure, info);
  append_double_field(kEndTime, wall_time, info);
  return hparams_record(wall_time, "_hparams_/session_end_info", kHparamsEnd, info);
}

}  // namespace slm
