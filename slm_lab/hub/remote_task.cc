#include "slm_lab/hub/remote_task.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>
#include <regex>
#include <vector>

#include "slm_lab/base/child_process.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/find_program.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/hub/hub.h"
#include "slm_lab/report/json_file.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 41;
constexpr int kMaxCores = 16;           // more sessions than these take turns
constexpr int kMostTrialsAtOnce = 8;    // of a search
constexpr int kGigabytesOfProgram = 2;  // building it needs as much
constexpr const char* kSecret = "hf_token";
constexpr const char* kSources[] = {"slm-lab", "CMakeLists.txt", "CMakePresets.json", "cmake", "setup", "slm_lab"};

/// Runs a program with these words, without a shell; its exit code, or -1 when a signal ended it.
int run_words(const std::vector<std::string>& words) {
  const int status = wait_for_end(ChildProgram(words).start(ExitCode::missing));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// What a program prints, run likewise; nothing where it fails.
std::optional<std::string> output_of(const std::vector<std::string>& words) {
  DescriptorPair ends = make_pipe();
  const pid_t child = ChildProgram(words)
                          .give(ends.second.number(), STDOUT_FILENO)
                          .open("/dev/null", O_RDONLY, STDIN_FILENO)
                          .open("/dev/null", O_WRONLY, STDERR_FILENO)
                          .start(ExitCode::missing);
  ends.second.close();
  std::string text = read_to_end(ends.first);
  const int status = wait_for_end(child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return text;
}

/// Beside the program, as uv installs both; or on the PATH.
fs::path find_dstack() {
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path() / "dstack";
  if (access(beside.c_str(), X_OK) == 0) return beside;
  if (fs::path found = find_program("dstack"); !found.empty()) return found;
  throw Error(
      ExitCode::missing,
      "run-remote: dstack is not installed here; install it (`uv tool install dstack` or `pip install dstack`) and "
      "say with `dstack project add` where its server is");
}

/// What a task needs of a machine.
struct Needs {
  int cores, gigabytes;
};
Needs needs_of(const LabSpec& spec, const std::string& mode) {
  const int at_once = mode == "search" ? std::min(spec.meta.max_trial.value_or(kMostTrialsAtOnce), kMostTrialsAtOnce)
                      : mode == "dev"  ? 1
                                       : std::min(spec.meta.max_session, kMaxCores);
  const double bytes = static_cast<double>(spec.session_bytes) * at_once;
  return {std::max(at_once, 2), kGigabytesOfProgram + static_cast<int>(std::ceil(bytes / 1e9))};
}

void check(const RemoteOptions& options) {
  static const std::regex kDuration(R"([1-9]\d{0,3}[mhd])");
  if (options.mode != "dev" && options.mode != "train" && options.mode != "search")
    throw SpecError(fmt::format("mode {}: expected dev, train or search", options.mode));
  if (!std::regex_match(options.max_duration, kDuration))
    throw SpecError(fmt::format("--max-duration {}: expected a duration as 30m, 6h or 2d", options.max_duration));
  if (options.repo.empty() && !options.dry_run)
    throw SpecError("run-remote: results go to a hub: name the repository with --repo USER/NAME or HF_REPO=USER/NAME");
  if (!options.repo.empty()) check_hub_repository(options.repo);
}

/// The folder that travels, and the task beside it.
fs::path stage(const LoadedSpec& spec, const RemoteOptions& options, const std::string& name, const std::string& task,
               const std::string& job) {
  for (const char* source : kSources)
    if (!file_exists(options.root / source))
      throw Error(ExitCode::missing, fmt::format("run-remote: sends the sources of slm-lab, and {} has no {}: call it "
                                                 "from a clone",
                                                 options.root.string(), source));
  const fs::path folder = options.data / ".remote" / name;
  make_directories(folder / "job");
  std::vector<std::string> words = {"tar", "-czf", (folder / "job/source.tar.gz").string(), "-C",
                                    options.root.string()};
  words.insert(words.end(), std::begin(kSources), std::end(kSources));
  if (run_words(words) != 0) throw Error(ExitCode::io, "run-remote: tar could not pack the sources");
  write_file_durably(folder / "job/.dstackignore", "!*\n");  // else a .gitignore above would keep files back
  write_file_durably(folder / "job/job.json", job);
  write_file_durably(folder / "job/spec.json", fmt::format("{{{}: {}}}\n", Json(spec.name).dump(), spec.canonical));
  write_file_durably(folder / "job/remote_job.py", read_file(options.root / "slm_lab/hub/remote_job.py"));
  write_file_durably(folder / "task.dstack.yml", task);
  return folder / "task.dstack.yml";
}

/// What was put together for a run that was not taken, and the folders that were made for it.
void discard_staged(const fs::path& data, const std::string& name, bool data_is_ours) {
  std::error_code error;
  fs::remove_all(data / ".remote" / name, error);
  fs::remove(data / ".remote", error);  // only where nothing else is in it
  if (data_is_ours) fs::remove(data, error);
}

/// What dstack knows of the run of this name. Nothing where there is none, and where dstack knows no server, which it
/// says itself.
std::optional<Json> known_run(const std::string& dstack, const std::string& name) {
  const std::optional<std::string> answer = output_of({dstack, "run", "get", name, "--json"});
  return answer ? std::optional(parse_json_file(*answer, "dstack run get")) : std::nullopt;
}

/// `dstack apply -y` ends an active run of the same name, whoever's it is; without -y it asks.
void check_is_ended(const std::optional<Json>& run, const std::string& name) {
  if (!run) return;
  const std::string status = run->value("status", "");
  if (status != "terminated" && status != "failed" && status != "done")
    throw SpecError(
        fmt::format("run-remote: dstack has a run {0} already ({1}), which would end: name this one with -n, or "
                    "end that one with `dstack stop {0}`",
                    name, status));
}

/// Where it asks, `dstack apply` ends well also when the answer is no.
bool was_submitted(const std::string& dstack, const std::string& name, const std::optional<Json>& before) {
  const std::optional<Json> now = known_run(dstack, name);
  if (!now || !before) return now.has_value();
  const auto differs = [&](const char* key) { return now->value(key, Json()) != before->value(key, Json()); };
  return differs("id") || differs("run_spec");  // the latter of one that goes on with other files
}

/// Only who manages a project may list its secrets, so this is a hint. A run without it ends before a machine is
/// rented.
void hint_at_secret(const std::string& dstack) {
  const std::optional<std::string> secrets = output_of({dstack, "secret", "list"});
  if (secrets && secrets->find(kSecret) == std::string::npos)
    fmt::print(stderr,
               "slm-lab: the project of dstack has no secret {0}, without which the run ends at once; set it with "
               "`dstack secret set {0} TOKEN`\n",
               kSecret);
}

}  // namespace

std::string dstack_name(const std::string& text) {
  std::string name;
  bool exact = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 128 && std::isalnum(byte) != 0;
    exact = exact && (plain || c == '-' || c == '_');
    name += plain ? static_cast<char>(std::tolower(byte)) : '-';
  }
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name[0])) == 0) name.insert(0, "slm-");
  if (exact && name.size() >= 2 && name.size() <= kLongestName) return name;
  return name.substr(0, kLongestName - 9) + "-" + sha256_hex(text).substr(0, 8);
}

std::string dstack_task(const std::string& name, const RemoteOptions& options, int cores, int gigabytes) {
  return fmt::format(R"(type: task
name: {}
image: debian:12
user: root
env:
  - HF_TOKEN=${{{{ secrets.{} }}}}
files:
  - job:/lab
working_dir: /lab
commands:
  - apt-get update
  - apt-get install -y --no-install-recommends ca-certificates python3 python3-venv
  - tar -xzf source.tar.gz
  - ./slm-lab setup hub
  - .deps/hub/bin/python remote_job.py
resources:
  cpu: x86:{}..
  memory: {}GB..
  disk: 30GB..
{}max_duration: {}
stop_duration: 5m
spot_policy: auto
retry:
  on_events: [no-capacity, interruption]
  duration: 1d
)",
                     name, kSecret, cores, gigabytes, options.gpu ? "  gpu: 1\n" : "", options.max_duration);
}

int run_remote(const LoadedSpec& loaded, const RemoteOptions& options) {
  check(options);
  SpecReport report(loaded.file);
  const LabSpec spec = read_lab_spec(loaded, report);
  if (options.mode == "search" && spec.search.empty())
    throw SpecError(fmt::format("{}: {} has no search block, so there is nothing to search", loaded.file, loaded.name));
  if (const auto* python = std::get_if<GymnasiumKwargs>(&spec.env.kwargs); python != nullptr && !python->module.empty())
    throw SpecError(fmt::format("{}: env.module {}: run-remote sends the sources of slm-lab and no module of others",
                                loaded.file, python->module));
  if (!env_info(spec.env, 1).model_sha256.empty())
    throw SpecError(
        fmt::format("{}: env.xml_file: run-remote sends the sources of slm-lab and no model of others", loaded.file));
  const Needs needs = needs_of(spec, options.mode);
  const std::string name = dstack_name(options.name.empty() ? loaded.name : options.name);
  const std::string folder = fmt::format("{}_{:%Y_%m_%d_%H%M%S}", loaded.name, fmt::localtime(std::time(nullptr)));
  const std::string task = dstack_task(name, options, needs.cores, needs.gigabytes);
  const Json job = {{"spec", loaded.name},           {"mode", options.mode}, {"folder", folder}, {"repo", options.repo},
                    {"private", options.is_private}, {"minutes", 10},        {"wait", 30}};
  if (options.gpu)
    fmt::print(stderr, "slm-lab: nets of this version compute on the processor; the GPU is rented and not used\n");
  if (options.dry_run) {
    fmt::print("{}", task);
    fmt::print(stderr, "slm-lab: job.json: {}\n", job.dump());
    return 0;
  }
  const std::string dstack = find_dstack().string();
  const std::optional<Json> before = known_run(dstack, name);
  if (options.yes) check_is_ended(before, name);
  hint_at_secret(dstack);
  const bool data_is_ours = !file_exists(options.data);
  const fs::path file = stage(loaded, options, name, task, job.dump() + "\n");
  std::vector<std::string> words = {dstack, "apply", "--detach", "-f", file.string()};
  if (options.yes) words.emplace_back("-y");
  const bool refused = run_words(words) != 0;
  if (refused || (!options.yes && !was_submitted(dstack, name, before))) {
    discard_staged(options.data, name, data_is_ours);
    return refused ? static_cast<int>(ExitCode::remote) : 0;
  }
  fmt::print(stderr, "slm-lab: once it runs, its results are there: slm-lab pull {} --repo {}\n", folder, options.repo);
  return 0;
}

}  // namespace slm
