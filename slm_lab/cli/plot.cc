#include <fmt/format.h>

#include <memory>

#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/compared_runs.h"

namespace slm {
namespace {

template <class Value>
struct NamedChoice {
  const char* name;
  Value value;
};

/// An option that is one of a few words; the first is the default.
template <class Value>
void add_choice(CLI::App& app, const std::string& option, Value& value, const std::vector<NamedChoice<Value>>& choices,
                const std::string& meaning) {
  std::vector<std::string> names;
  for (const NamedChoice<Value>& choice : choices) names.emplace_back(choice.name);
  const auto set = [&value, choices](const std::string& name) {
    for (const NamedChoice<Value>& choice : choices)
      if (name == choice.name) value = choice.value;
  };
  value = choices.front().value;
  app.add_option_function<std::string>(option, set, meaning)->check(CLI::IsMember(names))->default_str(names.front());
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
  add_choice(app, "--over", o.comparison.over, {{"frames", CompareOver::frames}, {"time", CompareOver::time}},
             "what is below: frames, or time of training");
  add_choice(app, "--center", o.comparison.center, {{"mean", SessionCenter::mean}, {"iqm", SessionCenter::iqm}},
             "the curve: mean, or iqm, the mean of the middle half of the sessions");
  add_choice(app, "--band", o.comparison.band,
             {{"ci95", SessionBand::ci95},
              {"range", SessionBand::range},
              {"std", SessionBand::std},
              {"none", SessionBand::none}},
             "the shade over sessions: ci95, a bootstrap interval of the curve; range; std; none");
  return [options] {
    for (const std::filesystem::path& file : plot_runs(*options)) fmt::print("{}\n", file.string());
    return 0;
  };
}

}  // namespace slm
