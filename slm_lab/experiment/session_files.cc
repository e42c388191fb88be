#include "slm_lab/experiment/session_files.h"

#include <fmt/format.h>

#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/say.h"
#include "slm_lab/experiment/weights_metadata.h"

namespace slm {
namespace {

/// The net that acts goes under its own names, the others' begin with theirs.
void serialize_net(const std::string& name, Parameters& parameters, Archive& archive) {
  if (weights_prefix(name).empty())
    parameters.serialize(archive);
  else
    archive(name, parameters);
}

void serialize_statistics(const LabSpec& spec, EnvStatistics& statistics, Archive& archive) {
  if (spec.env.normalize_obs || spec.env.normalize_reward) archive("env_statistics", statistics);
}

/// The policy may be played in another model, as long as one knows.
void warn_of_another_model(const LabSpec& spec, const Archive& weights) {
  const auto trained = weights.metadata().find(kModelSha256);
  if (trained == weights.metadata().end() || trained->second == env_info(spec.env, 1).model_sha256) return;
  say(
      fmt::format("warning: env.xml_file of {} is not the model that this policy was trained in: it, or a file that it "
                  "includes, has changed",
                  spec.env.name));
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

void SessionFiles::write(Session& session, const LabSpec& spec) {
  write_what_is_good(session, spec);
  Algorithm& algorithm = session.algorithm();
  Archive archive;
  for (const NamedNet& named : algorithm.nets()) serialize_net(named.name, named.net->parameters(), archive);
  serialize_statistics(spec, session.env_statistics(), archive);
  write_weights(folder_.weights(trial_, session_, /*best=*/false), std::move(archive),
                weights_metadata(spec, algorithm));
}

void SessionFiles::write_what_is_good(Session& session, const LabSpec& spec) {
  train_.write(session.record().rows());
  if (spec.meta.rigorous_eval) eval_.write(session.eval_record().rows());
  BestWeights& best = session.best_weights();
  WeightsMetadata metadata = weights_metadata(spec, session.algorithm());
  if (best.any()) metadata["total_reward_ma"] = fmt::format("{}", best.score());
  Archive archive;
  for (BestWeights::Saved& saved : best.nets()) serialize_net(saved.net, saved.parameters, archive);
  serialize_statistics(spec, best.statistics(), archive);
  write_weights(folder_.weights(trial_, session_, /*best=*/true), std::move(archive), metadata);
}

void SessionFiles::load_weights(const LabSpec& spec, bool best, Algorithm& algorithm, EnvStatistics& statistics) const {
  Archive archive = read_weights(folder_.weights(trial_, session_, best), weights_identity(spec));
  warn_of_another_model(spec, archive);
  for (const NamedNet& named : algorithm.nets()) {
    serialize_net(named.name, named.net->parameters(), archive);
    named.net->parameters_changed();
  }
  serialize_statistics(spec, statistics, archive);
}

void SessionFiles::write_result(const SessionResult& result) const {
  write_session_result(folder_, trial_, session_, result);
}

}  // namespace slm
