#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>

#include "slm_lab/base/available_cores.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/base/memory_limit.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/net/bf16_kernel.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/report/json_file.h"
#include "slm_lab/store/manifest.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

/// Something that a machine has or lacks.
struct Finding {
  std::string name, state;
  bool ready = true;
  std::string mend = {};  ///< the line that does
};

std::string setup_line(const std::string& part) { return "./slm-lab setup " + part; }

/// Whether runs can be kept: in the folder, or where it would be made.
Finding data_finding(const fs::path& data) {
  fs::path existing = fs::absolute(data);
  while (!fs::exists(existing) && existing != existing.root_path()) existing = existing.parent_path();
  std::error_code failure;
  const fs::space_info space = fs::space(existing, failure);
  const std::string room =
      failure ? "" : fmt::format(", {} free there", gib_text(static_cast<double>(space.available)));
  if (fs::is_directory(existing) && access(existing.c_str(), W_OK) == 0)
    return {"data folder", fmt::format("{}: can be written{}", data.string(), room)};
  return {"data folder", fmt::format("{}: cannot be written{}", data.string(), room), false,
          "--data DIR names another"};
}

/// The optional parts that environments need, and what each is for.
std::vector<Finding> part_findings() {
  std::map<std::string, std::pair<bool, std::string>> parts;
  for (const EnvEntry& entry : env_table()) {
    if (entry.part.empty()) continue;
    auto& [ready, names] = parts.try_emplace(std::string(entry.part), true, "").first->second;
    ready = ready && entry.available();
    const std::string name = entry.name.ends_with('/') ? std::string(entry.name) + "..." : std::string(entry.name);
    names += (names.empty() ? "" : ", ") + name;
  }
  std::vector<Finding> findings;
  for (const auto& [part, facts] : parts)
    findings.push_back({part, facts.second, facts.first, facts.first ? "" : setup_line(part)});
  return findings;
}

/// What ./slm-lab setup makes of Python, beside the program.
Finding python_finding(const char* name, const char* use, const Invocation& invocation) {
  const bool ready = fs::exists(fs::path(invocation.root) / ".deps" / name / "installed.txt");
  return {name, use, ready, ready ? "" : setup_line(name)};
}

std::string bf16_text() {
  return bf16_kernels() == nullptr ? fmt::format("no bf16: {}", bf16_missing()) : bf16_kernels()->name;
}

std::vector<Finding> findings_of(const fs::path& data, const Invocation& invocation) {
  std::vector<Finding> findings = {
      {"program", fmt::format("{}, {} {}", program_text(), compiler(), build_type())},
      {"processor", fmt::format("{}, {} of {} cores, kernel {}, {}", cpu_name(), available_cores(), cpu_cores(),
                                kernels().name, bf16_text())},
      {"memory", gib_text(static_cast<double>(memory_limit()))},
      data_finding(data)};
  if (build_type() == "Debug") {
    findings[0].ready = false;
    findings[0].mend = "a release build is many times as fast";
  }
  for (Finding& part : part_findings()) findings.push_back(std::move(part));
  findings.push_back(python_finding("ray", "searches on a cluster (--executor ray)", invocation));
  findings.push_back(python_finding("gymnasium", "environments in Python (gymnasium:ID)", invocation));
  findings.push_back(
      python_finding("tensorboard", "looking at runs in a browser; any other one does as well", invocation));
  return findings;
}

void print_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings)
    list.push_back(
        {{"name", finding.name}, {"state", finding.state}, {"ready", finding.ready}, {"mend", finding.mend}});
  fmt::print("{}", json_file_text(list));
}

}  // namespace

std::function<int()> add_doctor(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    fs::path data = "data";
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_option("-d,--data", arguments->data, "folder in which runs are to be kept")->capture_default_str();
  app.add_flag("--json", arguments->json, "as a list of JSON objects");
  return [arguments, &invocation] {
    const std::vector<Finding> findings = findings_of(arguments->data, invocation);
    if (arguments->json) return print_json(findings), 0;
    for (const Finding& finding : findings) {
      fmt::print("{:<11}  {:<7}  {}\n", finding.name, finding.ready ? "ready" : "missing", finding.state);
      if (!finding.mend.empty()) fmt::print("{:<11}  {:<7}  -> {}\n", "", "", finding.mend);
    }
    return 0;
  };
}

}  // namespace slm
