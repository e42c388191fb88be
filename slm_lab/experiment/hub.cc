#include "slm_lab/experiment/hub.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <system_error>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/line_process.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/report/json_file.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kClient = "the client of the hub";
constexpr int kAnswerMilliseconds = 100;

/// A file for what the client prints, removed with it.
struct ScratchFile {
  ScratchFile() : path((fs::temp_directory_path() / "slm-hub-XXXXXX").string()) {
    const int file = mkstemp(path.data());
    if (file < 0) throw Error(ExitCode::io, path + ": this file cannot be made");
    close(file);
  }
  ~ScratchFile() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  std::string path;
};

std::string last_line(const std::string& file) {
  std::ifstream stream(file);
  std::string last = "it said nothing";
  for (std::string line; std::getline(stream, line);)
    if (!line.empty()) last = line;
  return last;
}

}  // namespace

HubPlace find_hub(const fs::path& root, const std::string& repo, bool is_model) {
  static const std::regex kRepo(R"([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})");
  if (repo.empty())
    throw SpecError("no repository: name it with --repo USER/NAME, or in the environment as HF_REPO=USER/NAME");
  if (!std::regex_match(repo, kRepo))
    throw SpecError(fmt::format("--repo {}: expected USER/NAME, as a hub calls its repositories", repo));
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path();  // as uv and pip install both
  const fs::path python = file_exists(beside / "hf") ? beside / "python" : root / ".deps/hub/bin/python";
  if (!file_exists(python))
    throw Error(ExitCode::missing,
                "the client of the Hugging Face hub is not installed here; install it with: ./slm-lab setup hub");
  return {python, root / "slm_lab/experiment/hub_client.py", repo, is_model};
}

std::string ask_hub(const HubPlace& hub, const std::string& request,
                    const std::function<void(const std::string& event, const std::string& json)>& take) {
  Json asked = Json::parse(request);
  asked["repo"] = hub.repo;
  asked["type"] = hub.is_model ? "model" : "dataset";
  const ScratchFile errors;
  LineProcess client({hub.python.string(), hub.client.string()}, errors.path);
  client.send(asked.dump());
  for (bool lives = true; lives;) {
    if (stop_signal() != 0)
      throw Error(static_cast<ExitCode>(128 + stop_signal()), "stopped; the same command goes on");
    std::vector<std::string> lines;
    lives = client.receive(kAnswerMilliseconds, lines);
    for (const std::string& line : lines) {
      const Json json = parse_json_file(line, kClient);
      const auto event = read_json(kClient, [&] { return json.at("event").get<std::string>(); });
      if (event == "refused")
        throw Error(static_cast<ExitCode>(json.at("code").get<int>()), json.at("text").get<std::string>());
      if (event == "done") return json.at("text");
      take(event, line);
    }
  }
  throw Error(ExitCode::remote, fmt::format("{} ended early: {}", kClient, last_line(errors.path)));
}

}  // namespace slm
