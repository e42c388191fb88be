#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slm {

/// The folder of one run, `data/{spec}_{timestamp}/`, and the names of its files (docs/data.md). The layout is
/// SLM-Lab's, so that scripts written for it keep working. What a folder is called does not matter to what reads it:
/// the spec file inside says which spec it is of.
class DataFolder {
 public:
  /// Makes a new folder with its four sub-folders; a second run of the same second takes the next free second. With
  /// `name` it is called that, and must be new: SpecError.
  static DataFolder create(const std::filesystem::path& data, const std::string& spec_name,
                           const std::string& name = "");
  /// All folders of exactly this spec name, in the order in which they were started.
  static std::vector<DataFolder> all(const std::filesystem::path& data, const std::string& spec_name);
  /// Those of every spec; none where there is no data folder.
  static std::vector<DataFolder> all(const std::filesystem::path& data);
  /// The one in the folder `root`; nothing where there is none, not yet, or none any longer.
  static std::optional<DataFolder> in(const std::filesystem::path& root);
  /// For a new run of this spec, whose manifest is to come: above those of all the others. A run that cannot be read
  /// does not hold up a new one; it counts as having the highest number there is.
  static std::uint64_t next_number(const std::filesystem::path& data, const std::string& spec_name);
  /// The newest of them; throws SpecError when there is none.
  static DataFolder latest(const std::filesystem::path& data, const std::string& spec_name);
  /// The same that is no search, and the newest that is one.
  static DataFolder latest_run(const std::filesystem::path& data, const std::string& spec_name);
  static DataFolder latest_search(const std::filesystem::path& data, const std::string& spec_name);
  /// The newest of any spec.
  static DataFolder latest(const std::filesystem::path& data);
  /// An existing run folder (or a spec file inside one); throws SpecError when it is none.
  static DataFolder open(const std::filesystem::path& folder);

  /// Its four sub-folders, as far as they are missing: a hub, git and some archives keep no empty folders, and a run
  /// that they bring may go on.
  void make_folders() const;

  const std::filesystem::path& root() const { return root_; }
  const std::string& spec_name() const { return spec_name_; }

  std::filesystem::path spec_file() const;                   ///< {name}_spec.json
  std::filesystem::path trial_spec_file(int trial) const;    ///< {name}_t{t}_spec.json
  std::filesystem::path manifest_file() const;               ///< manifest.json
  std::string trial_prefix(int trial) const;                 ///< {name}_t{t}
  std::string session_prefix(int trial, int session) const;  ///< {name}_t{t}_s{s}
  std::filesystem::path graph() const { return root_ / "graph"; }
  std::filesystem::path info() const { return root_ / "info"; }
  std::filesystem::path log() const { return root_ / "log"; }
  std::filesystem::path model() const { return root_ / "model"; }
  std::filesystem::path session_csv(int trial, int session, std::string_view df) const;  ///< df: train or eval
  std::filesystem::path session_result(int trial, int session) const;  ///< written last: a session that has it is done
  std::filesystem::path checkpoints(int trial, int session) const;     ///< generations of one session's state
  std::filesystem::path states(int trial) const;                       ///< of all sessions, once the trial is done
  std::filesystem::path trial_log(int trial) const;                    ///< what its sessions printed
  std::filesystem::path tensorboard(int trial, int session) const;     ///< folder of one session's event files
  std::filesystem::path trial_metrics(int trial) const;
  std::filesystem::path trial_metrics_scalar(int trial) const;  ///< in the root, where one looks first
  std::filesystem::path session_graph(int trial, int session) const;
  std::filesystem::path trial_graph(int trial) const;  ///< in the root too: the returns of its sessions
  std::filesystem::path search_journal() const;        ///< of a search, which is known by it
  bool is_search() const;
  std::filesystem::path search_results(std::string_view file) const;  ///< info/{name}_{file}
  std::filesystem::path experiment_df() const;                        ///< its table, in the root
  /// A picture of it, in the root: "slices", "importance", ...; "" is the one that SLM-Lab draws.
  std::filesystem::path experiment_graph(std::string_view of) const;
  std::filesystem::path best_spec() const;  ///< of a search: a spec file that `train` takes
  /// All nets, `best` or last, and what normalised what they saw.
  std::filesystem::path weights(int trial, int session, bool best) const;

 private:
  DataFolder(std::filesystem::path root, std::string spec_name)
      : root_(std::move(root)), spec_name_(std::move(spec_name)) {}
  std::filesystem::path root_;
  std::string spec_name_;
};

}  // namespace slm
