#include "slm_lab/experiment/continue_run.h"

#include <fmt/format.h>

#include <optional>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/spec/difference.h"
#include "slm_lab/store/checkpoint.h"
#include "slm_lab/store/finished_trial.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

constexpr int kTrial = 0;
constexpr const char* kMaxFrame = "env.max_frame";

std::optional<std::int64_t> max_frame(const JsonNode& spec) {
  const JsonNode* env = spec.find("env");
  const JsonNode* value = env == nullptr ? nullptr : env->find("max_frame");
  return value == nullptr ? std::nullopt : value->integer();
}

int num_sessions(const LoadedSpec& saved) {
  SpecReport report(saved.file);
  return read_lab_spec(saved, report).meta.max_session;
}

/// Every session can train on from where it is.
void check_checkpoints(const DataFolder& folder, int sessions) {
  for (int session = 0; session < sessions; ++session)
    if (read_session_result(folder, kTrial, session) && !CheckpointStore(folder.checkpoints(kTrial, session)).usable())
      throw SpecError(
          fmt::format("{}: session {} cannot train on: a finished run drops its replay, unless it was "
                      "trained with --keep-replay; start a new run",
                      folder.root().string(), session));
}

/// At any moment the spec's files are those that the manifest knows, so that this can be interrupted and repeated.
LoadedSpec extend(const DataFolder& folder, std::int64_t frames, int sessions) {
  const LoadedSpec longer = load_saved_spec(folder, kTrial, /*hash=*/"", {fmt::format("{}={}", kMaxFrame, frames)});
  SpecReport report(longer.file);
  read_lab_spec(longer, report);  // throws where other keys do not go with it
  unpack_states(folder, kTrial, sessions);
  check_checkpoints(folder, sessions);
  for (int session = 0; session < sessions; ++session) std::filesystem::remove(folder.session_result(kTrial, session));
  std::filesystem::remove(folder.trial_metrics(kTrial));
  std::filesystem::remove(folder.trial_metrics_scalar(kTrial));
  sync_directory(folder.info());
  Manifest manifest = read_manifest(folder);
  manifest.next_spec_hash = longer.hash;
  manifest.files.clear();
  write_manifest(folder, manifest);
  save_spec(folder, longer);
  manifest.spec_hash = longer.hash;
  manifest.next_spec_hash.clear();
  write_manifest(folder, manifest);
  return longer;
}

}  // namespace

LoadedSpec spec_to_continue(const DataFolder& folder, const LoadedSpec& given,
                            const std::function<void(const std::string&)>& note) {
  const LoadedSpec saved = load_saved_spec(folder, kTrial);
  const int sessions = num_sessions(saved);
  const bool done = all_sessions_done(folder, kTrial, sessions);
  if (done) verify_files(folder, read_manifest(folder));
  const auto nothing_left = [&] {
    if (done) note("the run is finished, so that nothing is left to train; with a larger env.max_frame it trains on");
    return saved;
  };
  if (saved.hash == given.hash) return nothing_left();

  const auto has = max_frame(saved.root), wanted = max_frame(given.root);
  const bool longer = has && wanted && *wanted > *has;
  std::string refused, kept;
  for (const SpecDifference& difference : spec_differences(saved.root, given.root)) {
    if (longer && difference.path == kMaxFrame) continue;
    (difference.by_option ? refused : kept) +=
        fmt::format("\n  {} = {}: the run has {}", difference.path, difference.after, difference.before);
  }
  if (!refused.empty())
    throw SpecError(fmt::format("{}: a run keeps its settings, only env.max_frame can grow; start a new run for{}",
                                folder.root().string(), refused));
  if (done && !longer && !kept.empty())
    throw SpecError(fmt::format("{}: the run is finished, so that nothing was done; {} differs from its spec in{}",
                                folder.root().string(), given.file, kept));
  if (!kept.empty()) note(fmt::format("{} differs from the spec of the run, which keeps its own:{}", given.file, kept));
  if (!longer) return nothing_left();
  note(fmt::format("trains on from frame {} to {}", *has, *wanted));
  return extend(folder, *wanted, sessions);
}

}  // namespace slm
