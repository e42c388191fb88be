#include "slm_lab/spec/meta.h"

#include <variant>

namespace slm {
namespace {

constexpr int kMaxSessions = 10'000;     // each has files and a line of its own
constexpr int kMaxEpisodes = 1'000'000;  // of one evaluation, whose returns are kept

// SLM-Lab writes these into the spec that it saves beside its results.
constexpr std::string_view kWrittenByRun[] = {
    "experiment", "trial",         "session",      "cuda_offset", "resume",        "experiment_ts", "prepath",
    "predir",     "graph_prepath", "info_prepath", "log_prepath", "model_prepath", "git_sha",       "random_seed",
};

SearchScheduler read_search_scheduler(SpecReader& r) {
  SearchScheduler s;
  r.read("name", s.name, "asha compares trials at rungs; median stops those below the median of the others",
         one_of({"asha", "median"}));
  r.read("grace_period", s.grace_period, "frames before any trial may be stopped", at_least(1));
  r.read("reduction_factor", s.reduction_factor, "each rung keeps the best 1/reduction_factor of its trials", above(1));
  r.read("brackets", s.brackets, "brackets with later first rungs", at_least(1));
  r.read("max_t", s.max_t, "frames of the last rung; null: env.max_frame", at_least(1));
  std::string mode = "max";
  r.read("mode", mode, "returns are to be high", one_of({"max"}));
  for (const auto key : {"metric", "time_attr"}) r.inert(key, "a search maximises total_reward_ma over frames");
  if (s.name == "median")
    for (const auto key : {"reduction_factor", "brackets"})
      if (r.has(key)) r.problem(key, "a key of asha: the median rule has no rungs");
  r.done();
  return s;
}

SearchResources read_search_resources(SpecReader& r) {
  SearchResources s;
  r.read("cpu", s.cpu, "cores of one trial", above(0));
  r.read("gpu", s.gpu, "GPUs of one trial; parts of one are allowed", at_least(0));
  r.done();
  return s;
}

}  // namespace

MetaConfig read_meta_config(SpecReader& r) {
  MetaConfig m;
  std::variant<bool, std::string> distributed = false;
  r.read("distributed", distributed, "false, or how sessions share one net: shared, synced",
         one_of({"shared", "synced"}));
  if (const auto* name = std::get_if<std::string>(&distributed)) m.distributed = *name;
  if (const auto* value = std::get_if<bool>(&distributed); value && *value)
    r.problem("distributed", "expected false, shared or synced");
  r.require("max_session", m.max_session, "sessions of a trial: the same spec from different seeds",
            between(1, kMaxSessions));
  r.read("max_trial", m.max_trial, "specs that a search samples", at_least(1));
  r.read("log_frequency", m.log_frequency,
         "frames between log points: a row of the session's record; a third of a shorter run", at_least(1));
  r.read("eval_frequency", m.eval_frequency, "frames between evaluations, with rigorous_eval", at_least(1));
  std::variant<bool, int> rigorous_eval = 0;
  r.read("rigorous_eval", rigorous_eval, "evaluations of this many fresh episodes; 0: none", between(0, kMaxEpisodes));
  const auto* as_bool = std::get_if<bool>(&rigorous_eval);
  m.rigorous_eval = as_bool ? *as_bool : std::get<int>(rigorous_eval);
  r.read("seed", m.seed, "the seed of all randomness; --seed goes before it", at_least(0));
  r.read("tensorboard", m.tensorboard, "write event files for TensorBoard into log/tb");
  r.read("search_sampler", m.search_sampler, "how a search draws its specs",
         one_of({kSearchSamplers.begin(), kSearchSamplers.end()}));
  if (auto child = r.child("search_resources", "what one trial of a search takes"))
    m.search_resources = read_search_resources(*child);
  if (auto child = r.child("search_scheduler", "stops the worse trials of a search early"))
    m.search_scheduler = read_search_scheduler(*child);
  r.inert("num_gpus", "device choice is not part of an experiment's meaning");
  for (const auto key : kWrittenByRun) r.inert(key, "written by a run");
  r.done();
  return m;
}

}  // namespace slm
