#include <fmt/format.h>

#include <memory>

#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/compared_runs.h"

namespace slm {
namespace {

template <class Choice>
CLI::CheckedTransformer choice_of(const std::map<std::string, Choice>& choices) {
  return CLI::CheckedTransformer(choices, CLI::ignore_case);
}

}  // namespace

std::function<int()> add_plot(CLI::App& app, const Invocation&) {
  auto options = std::make_shared<PlotOptions>();
  PlotOptions& o = *options;
  app.add_option("-f,--folders", o.folders,
                 "runs, between commas: folders, names of those in the data folder, names of specs (the newest run)")
      ->delimiter(',')
      ->required();
  app.add_option("-t,--title", o.comparison.title, "title of the picture; default: the environment");
  app.add_option("-l,--legend", o.legend, "names of the runs, between commas; default: their algorithms")
      ->delimiter(',');
  app.add_flag_callback(
      "--no-legend", [&o] { o.comparison.legend = false; },
      "no names above the curves; they stand beside their ends in any case");
  app.add_option("-d,--data", o.data, "folder in which runs are found")->capture_default_str();
  app.add_option("-o,--output", o.output,
                 "a .png or .svg file, or a folder for both; default: plots in the data folder");
  app.add_option("--metric", o.metric, "which column of the sessions' tables")->capture_default_str();
  app.add_option("--over", o.comparison.over, "what is below: frames, or time of training")
      ->transform(choice_of<CompareOver>({{"frames", CompareOver::frames}, {"time", CompareOver::time}}))
      ->default_str("frames");
  app.add_option("--center", o.comparison.center,
                 "the curve: mean, or iqm, the mean of the middle half of the sessions")
      ->transform(choice_of<SessionCenter>({{"mean", SessionCenter::mean}, {"iqm", SessionCenter::iqm}}))
      ->default_str("mean");
  app.add_option("--band", o.comparison.band,
                 "the shade over sessions: ci95, a bootstrap interval of the curve; range; std; none")
      ->transform(choice_of<SessionBand>({{"ci95", SessionBand::ci95},
                                          {"range", SessionBand::range},
                                          {"std", SessionBand::std},
                                          {"none", SessionBand::none}}))
      ->default_str("ci95");
  return [options] {
    for (const std::filesystem::path& file : plot_runs(*options)) fmt::print("{}\n", file.string());
    return 0;
  };
}

}  // namespace slm
