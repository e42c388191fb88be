#include "slm_lab/hub/hub.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <regex>

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

/// What the client prints, in memory: nothing stays behind, however we end.
class Printed {
 public:
  Printed() : file_(memfd_create("slm-hub", MFD_CLOEXEC)) {
    if (file_ < 0) throw Error(ExitCode::io, fmt::format("{}: {}", kClient, std::strerror(errno)));
  }
  ~Printed() { close(file_); }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;

  std::string path() const { return fmt::format("/proc/self/fd/{}", file_); }  ///< here, and in a child that we fork

 private:
  int file_;
};

std::string last_line(const std::string& file) {
  std::ifstream stream(file);
  std::string last = "it said nothing";
  for (std::string line; std::getline(stream, line);)
    if (!line.empty()) last = line;
  return last;
}

}  // namespace

void check_hub_repository(const std::string& repo) {
  static const std::regex kRepo(R"([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})");
  if (!std::regex_match(repo, kRepo))
    throw SpecError(fmt::format("--repo {}: expected USER/NAME, as a hub calls its repositories", repo));
}

HubPlace find_hub(const fs::path& root, const std::string& repo, bool is_model) {
  if (repo.empty())
    throw SpecError("no repository: name it with --repo USER/NAME, or in the environment as HF_REPO=USER/NAME");
  check_hub_repository(repo);
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path();  // as uv and pip install both
  const fs::path python = file_exists(beside / "hf") ? beside / "python" : root / ".deps/hub/bin/python";
  if (!file_exists(python))
    throw Error(ExitCode::missing,
                "the client of the Hugging Face hub is not installed here; install it with: ./slm-lab setup hub (in a "
                "clone), or beside what pip installed: pip install huggingface_hub");
  return {python, root / "slm_lab/hub/hub_client.py", repo, is_model};
}

std::string ask_hub(const HubPlace& hub, const std::string& request,
                    const std::function<void(const std::string& event, const std::string& json)>& take) {
  Json asked = Json::parse(request);
  asked["repo"] = hub.repo;
  asked["type"] = hub.is_model ? "model" : "dataset";
  const Printed errors;
  LineProcess client({hub.python.string(), hub.client.string()}, errors.path());
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
  throw Error(ExitCode::remote, fmt::format("{} ended early: {}", kClient, last_line(errors.path())));
}

}  // namespace slm
