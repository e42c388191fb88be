#include "slm_lab/experiment/session_events.h"

#include <fmt/format.h>

#include <chrono>

#include "slm_lab/spec/spec_path.h"
#include "slm_lab/store/saved_spec.h"

namespace slm {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

HyperParameter parameter_of(const std::string& path, const JsonNode& value) {
  switch (value.kind) {
    case JsonNode::Kind::number:
      return {path, value.number};
    case JsonNode::Kind::boolean:
      return {path, value.boolean};
    case JsonNode::Kind::string:
      return {path, value.text};
    default:
      return {path, to_json_line(value)};
  }
}

/// All values below `node`; a list is one.
void add_values(const std::string& path, const JsonNode& node, std::vector<HyperParameter>& out) {
  if (!node.is(JsonNode::Kind::object)) return out.push_back(parameter_of(path, node));
  for (const JsonMember& member : node.members) add_values(path + "." + member.key, member.value, out);
}

std::vector<HyperParameter> parameters_of_run(const JsonNode& spec) {
  std::vector<HyperParameter> parameters;
  for (const char* path : {"agent", "env", "meta.seed"})
    if (const JsonNode* node = find_at_path(spec, path)) add_values(path, *node, parameters);
  return parameters;
}

std::vector<HyperParameter> parameters_of_trial(const JsonNode& spec, const DataFolder& folder) {
  const LoadedSpec search = load_search_spec(folder);
  SpecReport report(search.file);
  std::vector<HyperParameter> parameters;
  for (const SearchDimension& dimension : read_lab_spec(search, report).search)
    if (const JsonNode* value = find_at_path(spec, dimension.path); value && !dimension.inert)
      parameters.push_back(parameter_of(dimension.path, *value));
  return parameters;
}

}  // namespace

SessionEvents::SessionEvents(const DataFolder& folder, const SessionJob& job, const LabSpec& spec)
    : folder_(folder), job_(job) {
  if (spec.meta.tensorboard) files_.emplace(folder.tensorboard(job.trial, job.session));
}

void SessionEvents::begin(double now) {
  const LoadedSpec spec = load_saved_spec(folder_, job_.trial, job_.spec_hash);
  const std::string run = std::filesystem::canonical(folder_.root()).filename().string();
  files_->append(
      tensorboard_start(now, fmt::format("{}/t{}", run, job_.trial),
                        job_.of_search ? parameters_of_trial(spec.root, folder_) : parameters_of_run(spec.root)) +
          tensorboard_text(now, "spec", fmt::format("```json\n{}```\n", spec_file_text(spec))),
      now);
}

void SessionEvents::write(const Session& session) {
  if (!files_) return;
  const double now = seconds_since_1970(), began = now - session.seconds();
  if (!files_->any()) begin(now);
  files_->write(session.eval_record().rows(), PointKind::eval, began, now);
  files_->write(session.record().rows(), PointKind::train, began, now);
}

void SessionEvents::end(bool success) {
  if (!files_) return;
  const double now = seconds_since_1970();
  files_->append(tensorboard_end(now, success), now);
  files_->sync();
}

}  // namespace slm
