#include "slm_lab/experiment/session_files.h"

#include <fmt/format.h>

#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/env/random_baseline.h"
#include "slm_lab/experiment/weights_metadata.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/metric_files.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

bool normalises(const LabSpec& spec) { return spec.env.normalize_obs || spec.env.normalize_reward; }

void write_statistics(const fs::path& file, EnvStatistics& statistics, const LabSpec& spec) {
  Archive archive;
  statistics.serialize(archive);
  write_weights(file, std::move(archive), statistics_metadata(spec));
}

void write_net(const fs::path& file, Parameters& parameters, const WeightsMetadata& metadata) {
  Archive archive;
  parameters.serialize(archive);
  write_weights(file, std::move(archive), metadata);
}

}  // namespace

std::string weights_sha256(Algorithm& algorithm) {
  std::string bytes;
  for (const NamedNet& named : algorithm.nets()) {
    const auto values = named.net->parameters().values.span();
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  return sha256_hex(bytes);
}

void SessionFiles::write(Session& session, const LabSpec& spec) const {
  write_what_is_good(session, spec);
  Algorithm& algorithm = session.algorithm();
  for (const NamedNet& named : algorithm.nets())
    write_net(folder_.weights(trial_, session_, /*best=*/false, named.name), named.net->parameters(),
              weights_metadata(spec, named, algorithm.action_range()));
  if (normalises(spec))
    write_statistics(folder_.statistics(trial_, session_, /*best=*/false), session.env_statistics(), spec);
}

void SessionFiles::write_what_is_good(Session& session, const LabSpec& spec) const {
  write_file_durably(folder_.session_csv(trial_, session_, "train"), to_csv(session.record().rows()));
  if (spec.meta.rigorous_eval)
    write_file_durably(folder_.session_csv(trial_, session_, "eval"), to_csv(session.eval_record().rows()));
  Algorithm& algorithm = session.algorithm();
  BestWeights& best = session.best_weights();
  auto saved = best.nets().begin();  // in the order of the algorithm's
  for (const NamedNet& named : algorithm.nets()) {
    WeightsMetadata metadata = weights_metadata(spec, named, algorithm.action_range());
    if (best.any()) metadata["total_reward_ma"] = fmt::format("{}", best.score());
    write_net(folder_.weights(trial_, session_, /*best=*/true, named.name), (saved++)->parameters, metadata);
  }
  if (normalises(spec)) write_statistics(folder_.statistics(trial_, session_, /*best=*/true), best.statistics(), spec);
}

void SessionFiles::write_result(const Session& session, const LabSpec& spec, const SessionResult& result) const {
  const auto write_metrics = [&](std::span<const SessionRow> rows, std::string_view df) {
    SessionMetrics metrics = session_metrics(rows, random_baseline(spec.env.name));
    metrics.episode_return_ma100 = result.ma100;
    metrics.eval_return_d100 = result.d100;
    write_file_durably(folder_.session_metrics(trial_, session_, df), session_metrics_json(metrics));
  };
  write_metrics(session.record().rows(), "train");
  if (spec.meta.rigorous_eval) write_metrics(session.eval_record().rows(), "eval");
  write_session_result(folder_, trial_, session_, result);
}

}  // namespace slm
