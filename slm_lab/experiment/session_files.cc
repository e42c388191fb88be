#include "slm_lab/experiment/session_files.h"

#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/file.h"
#include "slm_lab/env/random_baseline.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/metric_files.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

void write_weights(const fs::path& file, Parameters& parameters) {
  Archive archive;
  parameters.serialize(archive);
  archive.write_durably(file);
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
  write_file_durably(folder_.session_csv(trial_, session_, "train"), to_csv(session.record().rows()));
  if (spec.meta.rigorous_eval)
    write_file_durably(folder_.session_csv(trial_, session_, "eval"), to_csv(session.eval_record().rows()));
  for (const NamedNet& named : session.algorithm().nets())
    write_weights(folder_.weights(trial_, session_, /*best=*/false, named.name), named.net->parameters());
  for (BestWeights::Saved& saved : session.best_weights().nets())
    write_weights(folder_.weights(trial_, session_, /*best=*/true, saved.net), saved.parameters);
  if (!spec.env.normalize_obs && !spec.env.normalize_reward) return;
  Archive statistics;
  session.env_statistics().serialize(statistics);
  statistics.write_durably(folder_.statistics(trial_, session_));
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
