#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace slm {

struct DashboardOptions {
  std::filesystem::path data = "data";
  std::string host = "127.0.0.1";
  std::uint16_t port = 8765;
};

/// Shows the runs of a data folder in a browser, live, until `stopped`; calls `ready` with its address once it answers.
/// Reads only. Throws SpecError where there is no such folder, and what HttpServer throws.
void serve_dashboard(const DashboardOptions& options, const std::function<void(const std::string& url)>& ready,
                     const std::function<bool()>& stopped);

}  // namespace slm
