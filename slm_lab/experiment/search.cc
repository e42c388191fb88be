#include "slm_lab/experiment/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "slm_lab/base/available_cores.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/lock.h"
#include "slm_lab/base/memory_limit.h"
#include "slm_lab/base/shell_quote.h"
#include "slm_lab/experiment/earlier_search.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/kernel_names.h"
#include "slm_lab/experiment/local_executor.h"
#include "slm_lab/experiment/run_jobs.h"
#include "slm_lab/experiment/say.h"
#include "slm_lab/experiment/search_run.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/spec/difference.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"

namespace slm {
namespace {

constexpr const char* kMaxTrial = "meta.max_trial";
constexpr const char* kScheduler = "meta.search_scheduler";

std::unique_ptr<Executor> make_executor(const SearchOptions& options) {
  if (options.make_executor) return options.make_executor();
  const int threads = options.run.threads > 0 ? options.run.threads : available_cores();
  return std::make_unique<LocalExecutor>(Resources{.cores = static_cast<double>(threads), .bytes = memory_limit()});
}

/// What a session takes must be there on one of the machines.
void check_resources(const SearchSpec& search, const Executor& executor) {
  const Resources needs = search.needs_of_session(), budget = executor.budget();
  Resources most;
  bool fits = false;
  for (Resources machine : executor.machines()) {
    machine.cores = std::min(machine.cores, budget.cores);  // of --threads
    most.cores = std::max(most.cores, machine.cores);
    most.gpus = std::max(most.gpus, machine.gpus);
    fits = fits || needs.fit_into(machine);
  }
  const SearchResources& asked = search.spec.meta.search_resources;
  if (asked.gpu > 0 && std::isinf(budget.gpus))
    say("note: meta.search_resources.gpu: trials run on processors, no GPU is taken");
  if (fits) return;
  const std::string where = search.loaded.file + ": meta.search_resources";
  if (needs.cores > most.cores)
    throw SpecError(fmt::format("{}.cpu = {}: expected a number of cores that there are; nearest legal value: {}",
                                where, asked.cpu, most.cores));
  if (needs.gpus > most.gpus)
    throw SpecError(fmt::format("{}.gpu = {}: expected a number of GPUs that there are; nearest legal value: {}", where,
                                asked.gpu, most.gpus));
  throw SpecError(fmt::format("{}: no machine has {} cores and {} GPUs together", where, asked.cpu, asked.gpu));
}

SearchSpec read_search_spec(const LoadedSpec& loaded) {
  SpecReport report(loaded.file);
  SearchSpec search{loaded, read_lab_spec(loaded, report), {}};
  say_findings(report, /*but=*/kScheduler);  // which says what train makes of it
  const MetaConfig& meta = search.spec.meta;
  search.searched = searched_dimensions(search.spec.search);
  if (search.searched.empty())
    throw SpecError(fmt::format(
        R"({}: {} has nothing to search: give it a search block, as {{"agent.algorithm.gamma__uniform": [0.95, 0.999]}})",
        loaded.file, loaded.name));
  if (!meta.max_trial)
    throw SpecError(fmt::format("{}: {}: missing: how many specs a search samples; give it with --override {}=16",
                                loaded.file, kMaxTrial, kMaxTrial));
  if (!meta.search_scheduler) return search;
  if (meta.max_session > 1)
    say(
        fmt::format("note: meta.max_session = {}: under a scheduler, which compares sessions while they run, a trial "
                    "has one session",
                    meta.max_session));
  if (meta.search_scheduler->grace_period >= search.spec.env.max_frame)
    say(fmt::format("note: {}.grace_period = {} is not before the end of a trial, env.max_frame = {}: none is stopped",
                    kScheduler, meta.search_scheduler->grace_period, search.spec.env.max_frame));
  return search;
}

/// Where there are to be more trials than the saved spec says.
std::string more_trials_option(const SearchSpec& search) {
  const JsonNode* saved = find_at_path(search.loaded.root, kMaxTrial);
  if (saved != nullptr && saved->integer() == search.max_trial()) return "";
  return fmt::format(" --override {}={}", kMaxTrial, search.max_trial());
}

/// What to do next, to be copied: with the program as it was called.
void print_what_next(const SearchSpec& search, const DataFolder& folder, const SearchOptions& options,
                     const SearchRun& run, double seconds, int exit_code) {
  const std::string root = folder.root().string();
  const std::string& launcher = options.run.launcher;
  if (!run.done())
    return say("stopped; what was done is kept. Go on with: " +
               shell_command({launcher, "run", folder.spec_file().string(), folder.spec_name(), "search@" + root}) +
               more_trials_option(search) + options.executor_option);
  std::string text = fmt::format("results in {} ({:.1f} s)\n", root, seconds);
  if (const ExperimentTrial* best = run.results().best(); best != nullptr && exit_code == 0)
    text += fmt::format("train the best: {}\nplay it: {}\n",
                        shell_command({launcher, "run", folder.best_spec().string(), folder.spec_name(), "train"}),
                        shell_command({launcher, "enjoy", folder.trial_spec_file(best->trial).string()}));
  std::fputs(text.c_str(), stdout);
}

int run(const SearchSpec& search, Executor& executor, const DataFolder& folder, SearchJournal& journal,
        Manifest manifest, const SearchOptions& options) {
  ManifestClock clock(folder, manifest);
  SearchView view(options.run.log_level);
  SearchRun run(search, folder, journal, view,
                {.checkpoint_seconds = options.run.checkpoint_seconds, .keep = options.keep, .trial_ended = [&] {
                   clock.keep();
                 }});
  try {
    run_jobs(run, executor);
    run.finish();
  } catch (const Error& error) {  // of the disk
    close_manifest(folder, manifest, clock.seconds(), static_cast<int>(error.code()));
    throw;
  }
  int exit_code = run.results().best() == nullptr ? run.failure() : 0;
  if (!run.done()) exit_code = 128 + stop_signal();
  close_manifest(folder, manifest, clock.seconds(), exit_code);
  std::fputs(run.results().table().c_str(), stdout);
  print_what_next(search, folder, options, run, manifest.wall_seconds(), exit_code);
  return exit_code;
}

/// The spec, narrowed where that is asked for.
LoadedSpec refined(const LoadedSpec& given, const SearchOptions& options) {
  if (options.refine.empty()) return given;
  const EarlierSearch earlier = read_earlier_search(options.refine, options.run.data, given.name);
  LoadedSpec refined = refined_spec(given, earlier);
  say(fmt::format("note: the space is narrowed around the best trials of {}: {}", earlier.folder.root().string(),
                  to_json_line(*refined.root.find("search"))));
  return refined;
}

void take_up_earlier(SearchSpec& search, const SearchOptions& options) {
  if (options.from.empty()) return;
  const EarlierSearch earlier = read_earlier_search(options.from, options.run.data, search.loaded.name);
  search.earlier = trials_of(earlier, search.searched);
  const std::string unread = fmt::format("; the sampler {} learns nothing from them", search.spec.meta.search_sampler);
  say(fmt::format("note: {} of {} trials of {} lie in this space{}", search.earlier.size(), earlier.trials.size(),
                  earlier.folder.root().string(), search.sampler()->reads_past() ? "" : unread));
}

/// The space holds a legal spec, and the sampler can draw from it.
void check_space(const SearchSpec& search) {
  const auto draw = draw_trial(search, *search.sampler(), /*trial=*/0, {});
  if (!draw) throw SpecError(fmt::format("{}: the search space is empty", search.loaded.file));
}

DataFolder find_search(const SearchOptions& options, const std::string& name, const std::string& where) {
  if (where == "latest") return DataFolder::latest_search(options.run.data, name);
  const DataFolder folder = open_run(where, options.run.data);
  if (!folder.is_search())
    throw SpecError(fmt::format("{0}: no search; a run goes on with train@{0}", folder.root().string()));
  return folder;
}

/// How many trials there are to be: as many as the search was to have, or more.
int larger_max_trial(int saved, const LoadedSpec& given) {
  const JsonNode* node = find_at_path(given.root, kMaxTrial);
  const std::int64_t wanted = node == nullptr ? 0 : node->integer().value_or(0);
  return static_cast<int>(std::clamp<std::int64_t>(wanted, saved, std::numeric_limits<int>::max()));
}

/// A search keeps its settings; more trials are none.
void compare(const SearchSpec& search, const LoadedSpec& given, const DataFolder& folder) {
  std::string refused, kept;
  for (const SpecDifference& difference : spec_differences(search.loaded.root, given.root))
    if (difference.path != kMaxTrial || larger_max_trial(search.max_trial(), given) == search.max_trial())
      (difference.by_option ? refused : kept) +=
          fmt::format("\n  {} = {}: the search has {}", difference.path, difference.after, difference.before);
  if (!refused.empty())
    throw SpecError(
        fmt::format("{}: a search keeps its settings; start a new one for{}", folder.root().string(), refused));
  if (!kept.empty())
    say(fmt::format("note: {} differs from the spec of the search, which keeps its own:{}", given.file, kept));
}

FolderLock lock(const DataFolder& folder) {
  return FolderLock(folder.root(), {.inherit = true, .wait_for_orphans = std::chrono::seconds(5)});
}

}  // namespace

int search(const LoadedSpec& given, const SearchOptions& options) {
  catch_stop_signals(SecondStop::end_at_once);
  const LoadedSpec loaded = refined(given, options);
  SearchSpec search = read_search_spec(loaded);
  take_up_earlier(search, options);
  check_runnable(search.spec);
  check_space(search);
  const std::unique_ptr<Executor> executor = make_executor(options);
  check_resources(search, *executor);
  const DataFolder folder = DataFolder::create(options.run.data, loaded.name, options.run.name);
  const FolderLock held = lock(folder);
  const MetaConfig& meta = search.spec.meta;
  Manifest manifest = start_manifest(folder, options.run.data, loaded.hash, static_cast<std::uint64_t>(meta.seed),
                                     kernel_names(search.spec), options.run.command_line);
  SearchJournal journal = SearchJournal::create(
      folder, search.searched, {{"spec", loaded.name}, {"spec_hash", loaded.hash}, {"sampler", meta.search_sampler}});
  if (!search.earlier.empty()) save_earlier_trials(folder, search.searched, search.earlier);
  save_search_spec(folder, loaded);
  say(fmt::format("search folder {}, seed {}: {} trials drawn by {}", folder.root().string(), meta.seed,
                  search.max_trial(), meta.search_sampler));
  return run(search, *executor, folder, journal, std::move(manifest), options);
}

int continue_search(const LoadedSpec& given, const std::string& where, const SearchOptions& options) {
  catch_stop_signals(SecondStop::end_at_once);
  const DataFolder folder = find_search(options, given.name, where);
  const FolderLock held = lock(folder);
  remove_unfinished_files(folder.root());
  folder.make_folders();
  const LoadedSpec saved = load_search_spec(folder);
  SearchSpec search = read_search_spec(saved);
  compare(search, given, folder);
  search.spec.meta.max_trial = larger_max_trial(search.max_trial(), given);
  search.earlier = read_earlier_trials(folder, search.searched);
  const std::unique_ptr<Executor> executor = make_executor(options);
  check_resources(search, *executor);
  SearchJournal journal = SearchJournal::open(folder, search.searched);
  say(fmt::format("continues {}, seed {}", folder.root().string(), search.spec.meta.seed));
  return run(search, *executor, folder, journal,
             continue_manifest(folder, kernel_names(search.spec), options.run.command_line), options);
}

}  // namespace slm
