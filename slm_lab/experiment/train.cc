#include "slm_lab/experiment/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/available_cores.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/lock.h"
#include "slm_lab/base/memory_limit.h"
#include "slm_lab/base/shell_quote.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/continue_run.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/kernel_names.h"
#include "slm_lab/experiment/local_executor.h"
#include "slm_lab/experiment/say.h"
#include "slm_lab/experiment/session.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/experiment/trial.h"
#include "slm_lab/store/finished_trial.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"

namespace slm {
namespace {

/// As many sessions at once as there are threads and memory for. What one session needs was checked with the spec.
int num_slots(const LabSpec& spec, int threads) {
  const int wanted = std::min(spec.meta.max_session, threads);
  const auto needed = static_cast<double>(spec.session_bytes), present = static_cast<double>(memory_limit());
  if (wanted * needed <= present) return wanted;
  return std::max(1, static_cast<int>(present / needed));
}

int num_threads(const TrainOptions& options) { return options.threads > 0 ? options.threads : available_cores(); }

/// What to do next, to be copied: with the program as it was called.
void print_what_next(const DataFolder& folder, const TrainOptions& options, const Manifest& manifest, int exit_code) {
  const std::string root = folder.root().string();
  if (exit_code == 0)
    std::fputs(fmt::format("results in {} ({:.1f} s)\nplay it: {}\n", root, manifest.wall_seconds(),
                           shell_command({options.launcher, "enjoy", root}))
                   .c_str(),
               stdout);
  else if (exit_code != static_cast<int>(ExitCode::diverged))  // which would only diverge again
    say(fmt::format(
        "stopped; what was done is kept. Go on with: {}",
        shell_command({options.launcher, "run", folder.spec_file().string(), folder.spec_name(), "train@" + root})));
}

int run(const DataFolder& folder, const LabSpec& spec, Manifest manifest, const TrainOptions& options) {
  const int threads = num_threads(options), slots = num_slots(spec, threads);
  if (slots < std::min(spec.meta.max_session, threads))
    say(fmt::format("note: {} of {} sessions at once: each may take {}, and this machine has {}", slots,
                    spec.meta.max_session, gib_text(static_cast<double>(spec.session_bytes)),
                    gib_text(static_cast<double>(memory_limit()))));
  LocalExecutor executor({.cores = static_cast<double>(threads), .bytes = memory_limit()});
  PoolOptions pool;
  pool.threads_per_session = threads / slots;
  pool.checkpoint_seconds = options.checkpoint_seconds;
  pool.log_level = options.log_level;
  pool.profile = options.profile;

  ManifestClock clock(folder, manifest);
  pool.checkpointed = [&](std::size_t) { clock.keep(); };
  const TrialOutcome outcome = run_trial({folder, spec, /*trial=*/0, /*name=*/""}, executor, pool);
  const double seconds = clock.seconds();
  for (const SessionFailure& failure : outcome.failures) say(failure.text());
  if (options.profile) std::fputs(profile_table(outcome.profiles).c_str(), stdout);
  manifest.keep(outcome.profiles);
  try {
    if (outcome.exit_code == 0) pack_trial(folder, /*trial=*/0, spec.meta.max_session, options.keep_replay);
    close_manifest(folder, manifest, seconds, outcome.exit_code);
  } catch (const Error& error) {  // most likely from the same cause as the failures
    if (outcome.exit_code == 0) throw;
    say(error.what());
  }
  print_what_next(folder, options, manifest, outcome.exit_code);
  return outcome.exit_code;
}

}  // namespace

void check_present(const LabSpec& spec) {
  if (const std::string why = missing_for_distributed(spec.meta.distributed); !why.empty())
    throw Error(ExitCode::missing, fmt::format("meta.distributed = {}: {}", spec.meta.distributed, why));
  require_env(spec.env.name);
}

void check_runnable(const LabSpec& spec) {
  check_present(spec);
  const Session trial_of_construction(spec, 0, 0);
}

int train(const LoadedSpec& loaded, const TrainOptions& options) {
  catch_stop_signals(SecondStop::end_at_once);  // before the first line is printed: nobody may be there to read it
  SpecReport report(loaded.file);
  const LabSpec spec = read_lab_spec(loaded, report);
  say_findings(report);
  check_runnable(spec);
  const DataFolder folder = DataFolder::create(options.data, loaded.name, options.name);
  const FolderLock lock(folder.root(), {.inherit = true, .wait_for_orphans = std::chrono::seconds(5)});
  Manifest manifest =
      start_manifest(folder, options.data, loaded.hash, spec.meta.seed, kernel_names(spec), options.command_line);
  save_spec(folder, loaded);
  say(fmt::format("run folder {}, seed {}", folder.root().string(), spec.meta.seed));
  return run(folder, spec, std::move(manifest), options);
}

int continue_training(const LoadedSpec& loaded, const std::string& where, const TrainOptions& options) {
  catch_stop_signals(SecondStop::end_at_once);
  const DataFolder folder =
      where == "latest" ? DataFolder::latest_run(options.data, loaded.name) : open_run(where, options.data);
  if (folder.is_search())
    throw SpecError(fmt::format("{0}: a search; it goes on with search@{0}", folder.root().string()));
  const FolderLock lock(folder.root(), {.inherit = true, .wait_for_orphans = std::chrono::seconds(5)});
  remove_unfinished_files(folder.root());
  folder.make_folders();
  const LoadedSpec saved = spec_to_continue(folder, loaded, [](const std::string& text) { say("note: " + text); });
  SpecReport report(saved.file);
  const LabSpec spec = read_lab_spec(saved, report);
  say(fmt::format("continues {}, seed {}", folder.root().string(), spec.meta.seed));
  return run(folder, spec, continue_manifest(folder, kernel_names(spec), options.command_line), options);
}

}  // namespace slm
