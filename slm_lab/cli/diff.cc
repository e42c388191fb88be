#include <fmt/format.h>

#include <memory>

#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/run_difference.h"

namespace slm {

std::function<int()> add_diff(CLI::App& app, const Invocation&) {
  struct Arguments {
    std::string before, after;
    std::filesystem::path data = "data";
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  const char* run = "run: a folder, the name of one in the data folder, the name of a spec (its newest run), or latest";
  app.add_option("run_a", arguments->before, run)->required();
  app.add_option("run_b", arguments->after, "the other")->required();
  app.add_option("-d,--data", arguments->data, "folder in which runs are found")->capture_default_str();
  app.add_flag("--json", arguments->json, "as a JSON object");
  return [arguments] {
    const DataFolder a = find_run(arguments->before, arguments->data), b = find_run(arguments->after, arguments->data);
    const auto text = arguments->json ? difference_json : difference_text;
    fmt::print("{}", text(a.root().string(), b.root().string(), run_difference(a, b)));
    return 0;
  };
}

}  // namespace slm
