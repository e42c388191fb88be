#include "slm_lab/dashboard/dashboard.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/stop_signal.h"

namespace slm {

std::function<int()> add_dashboard(CLI::App& app, const Invocation&) {
  auto options = std::make_shared<DashboardOptions>();
  app.add_option("-d,--data", options->data, "folder in which runs are found")->capture_default_str();
  app.add_option("--host", options->host,
                 "address to listen at; another than this machine's own opens the runs to the network")
      ->capture_default_str();
  app.add_option("--port", options->port, "0: any that is free")->capture_default_str();
  return [options] {
    catch_stop_signals(SecondStop::end_at_once);
    serve_dashboard(
        *options,
        [&](const std::string& url) {
          fmt::print("{}\n", url);
          std::fflush(stdout);
          fmt::print(stderr, "the runs of {}, read only; Ctrl-C ends this\n", options->data.string());
        },
        [] { return stop_signal() != 0; });
    return 128 + stop_signal();
  };
}

}  // namespace slm
