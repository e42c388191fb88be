#include "slm_lab/hub/share_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/played_run.h"
#include "slm_lab/experiment/video_file.h"
#include "slm_lab/hub/model_card.h"
#include "slm_lab/report/json_file.h"
#include "slm_lab/store/manifest.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

void tell(const std::string& text) { fmt::print(stderr, "slm-lab: {}\n", text); }

void say_event(const std::string& event, const std::string& json) {
  if (event == "said") tell(Json::parse(json).at("text"));
}

struct SharedFiles {
  Json list = Json::array(), texts = Json::array();
  void add(const fs::path& from, const std::string& to) {
    list.push_back({{"from", fs::absolute(from).string()}, {"to", to}});
  }
};

/// Not in the manifest, since they are drawn from what is.
bool is_picture(const fs::path& path) {
  return path.extension() == ".png" || path.extension() == ".svg" || !film_type(path).empty();
}

/// What the manifest lists, all of it as it says, and the pictures: neither replays nor locks.
void add_finished(const DataFolder& folder, const Manifest& manifest, const std::string& to, SharedFiles& files) {
  verify_files(folder, manifest);
  for (const RunFile& file : manifest.files) files.add(folder.root() / file.path, to + file.path);
  files.add(folder.manifest_file(), to + "manifest.json");
  const auto listed = [&](const fs::path& path) {
    return std::ranges::any_of(manifest.files, [&](const RunFile& file) { return path == file.path; });
  };
  for (const fs::path& path : regular_files(folder.root())) {
    const fs::path inside = path.lexically_relative(folder.root());
    if (is_picture(inside) && !listed(inside)) files.add(path, to + inside.string());
  }
}

void add_unfinished(const DataFolder& folder, const std::string& to, SharedFiles& files) {
  for (const fs::path& path : regular_files(folder.root())) {
    const fs::path inside = path.lexically_relative(folder.root());
    if (!is_unfinished(inside) && inside != "run.lock") files.add(path, to + inside.string());
  }
}

/// The names are those that python/slm_lab and hubs look for.
void add_model(const DataFolder& folder, const PlayedRun& run, SharedFiles& files) {
  files.add(folder.weights(run.trial, run.session, /*best=*/false), "policy.safetensors");
  files.add(folder.trial_spec_file(run.trial), "spec.json");
  files.add(folder.trial_metrics_scalar(run.trial), "metrics.json");
  const fs::path graph = folder.trial_graph(run.trial);
  if (file_exists(graph)) files.add(graph, "returns.png");
  for (const fs::path& path : regular_files(folder.root()))
    if (path.extension() == ".mp4") return files.add(path, "replay.mp4");  // as hubs look for it
}

}  // namespace

void push_run(const HubPlace& hub, const DataFolder& folder, const PushOptions& options) {
  const Manifest manifest = read_manifest(folder);
  if (manifest.files.empty() && !options.unfinished)
    throw SpecError(
        fmt::format("{}: not finished; go on with it, or push it as it is with --unfinished", folder.root().string()));
  const std::string name = run_name(folder);
  SharedFiles files;
  if (hub.is_model) {
    verify_files(folder, manifest);
    EnjoyOptions last;
    last.last_weights = true;  // which the card's returns are of
    const PlayedRun run = find_played_run(folder.root().string(), last);
    add_model(folder, run, files);
    files.texts.push_back({{"to", "README.md"}, {"text", model_card(run, hub.repo)}});
  } else if (manifest.files.empty()) {
    add_unfinished(folder, "data/" + name + "/", files);
  } else {
    add_finished(folder, manifest, "data/" + name + "/", files);
  }
  Json request = {{"do", "push"},
                  {"private", options.is_private},
                  {"message", "Add " + name},
                  {"files", files.list},
                  {"texts", files.texts}};
  if (!hub.is_model) request["replaces"] = "data/" + name;
  tell(fmt::format("pushing {} ({} files) to {}", name, files.list.size(), hub.repo));
  fmt::print("{}\n", ask_hub(hub, request.dump(), say_event));
}

void pull_runs(const HubPlace& hub, const std::string& where, const fs::path& data, bool all) {
  const std::string name = where.starts_with("data/") ? where.substr(std::strlen("data/")) : where;  // as it is pushed
  if (name.empty() || name.find('/') != std::string::npos)
    throw SpecError(
        fmt::format("pull {}: expected the name of a spec or of a run folder, as `list --remote` shows", where));
  const Json request = {
      {"do", "pull"}, {"name", name}, {"all", all}, {"data", fs::absolute(data).string()}, {"have", names_in(data)}};
  ask_hub(hub, request.dump(), [&](const std::string& event, const std::string& line) {
    say_event(event, line);
    if (event != "fetched") return;
    const Json json = Json::parse(line);
    const fs::path partial = json.at("partial").get<std::string>();
    const fs::path target = data / json.at("name").get<std::string>();
    if (file_exists(partial / "manifest.json")) {
      const DataFolder folder = DataFolder::open(partial);
      verify_files(folder, read_manifest(folder));
    } else {
      tell(target.string() + ": of another program than this one (no manifest); only the hub's hashes were verified");
    }
    std::error_code error;
    fs::rename(partial, target, error);
    if (error) throw Error(ExitCode::io, fmt::format("{}: {}", target.string(), error.message()));
    sync_directory(data);
    fs::remove_all(partial.parent_path().parent_path(), error);
    fmt::print("{}\n", target.string());
  });
}

void list_remote_runs(const HubPlace& hub, const std::string& name, bool json) {
  Json runs = Json::array();
  const Json request = {{"do", "list"}, {"name", name}};
  ask_hub(hub, request.dump(), [&](const std::string& event, const std::string& line) {
    say_event(event, line);
    if (event != "folder") return;
    const Json told = Json::parse(line);
    runs.push_back({{"name", told.at("name")}, {"files", told.at("files")}, {"bytes", told.at("bytes")}});
  });
  if (json) {
    fmt::print("{}\n", runs.dump(2));
    return;
  }
  for (const Json& run : runs)
    fmt::print("{:60} {:5} files {:9.1f} MB\n", run.at("name").get<std::string>(), run.at("files").get<int>(),
               run.at("bytes").get<double>() / 1e6);
}

}  // namespace slm
