#include "slm_lab/experiment/enjoy.h"

#include <limits>
#include <memory>

#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/enjoy_options.h"

namespace slm {
namespace {

constexpr const char* kGroup = "Options of enjoy";

}  // namespace

void add_enjoy_options(CLI::App& app, EnjoyOptions& options) {
  app.add_option("--episodes", options.episodes, "episodes to play; default: 10, of a video 1")
      ->check(whole_number(1, 1'000'000))
      ->group(kGroup);
  app.add_option("--video", options.video, "film them: a file that ends in .mp4 or .gif (needs ffmpeg)")->group(kGroup);
  app.add_flag("--sample", options.sample, "sample actions as in training instead of taking the best")->group(kGroup);
  app.add_option("--session", options.session, "the session to play; default: the one with the best score")
      ->check(whole_number(0, std::numeric_limits<int>::max()))
      ->group(kGroup);
  app.add_flag("--last", options.last_weights, "the weights of the end instead of the best ones")->group(kGroup);
}

std::string given_enjoy_option(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options())
    if (option->get_group() == kGroup && option->count() > 0) return option->get_name();
  return "";
}

std::function<int()> add_enjoy(CLI::App& app, const Invocation&) {
  struct Arguments {
    std::string where = "latest";
    EnjoyOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_option("folder", arguments->where, "a run: its folder, its name in the data folder, or latest")
      ->capture_default_str();
  add_enjoy_options(app, arguments->options);
  app.add_option("--seed", arguments->options.seed, "seed of the episodes, instead of the run's")
      ->check(whole_number(0));
  app.add_option("--data", arguments->options.data, "folder in which runs are found")->capture_default_str();
  return [arguments] { return enjoy(arguments->where, arguments->options); };
}

}  // namespace slm
