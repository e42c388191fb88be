#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/spec/json.h"

namespace slm {

struct LoadOptions {
  std::filesystem::path repository;    ///< short forms of spec files are looked up under its slm_lab/spec
  std::string mode;                    ///< dev and enjoy change some meta keys; others nothing
  std::vector<std::string> sets;       ///< -s KEY=VALUE: fill ${KEY} in the file's text
  std::vector<std::string> overrides;  ///< --override PATH=VALUE: after -s and the mode
  bool allow_placeholders = false;     ///< what is left of ${KEY} is no problem (SpecReport::allow_placeholders)
  bool as_saved = false;               ///< a spec that a run keeps: relative paths in it stay as they are
};

/// One spec of a file, with -s, the mode and --override applied; not yet checked. The path of a file of the user's own
/// (env.xml_file, where it begins with "." and is there) is absolute, so that the run can go on in another folder.
struct LoadedSpec {
  JsonNode root;          ///< {"agent", "env", "meta", "search"?}, with positions in the file
  std::string file;       ///< as the user named it
  std::string name;       ///< matches [A-Za-z0-9_][A-Za-z0-9._-]{0,63}: it names files
  std::string canonical;  ///< to_canonical_json(root)
  std::string hash;       ///< SHA-256 of `canonical`: two specs with the same hash mean the same
  std::string layout;     ///< what was changed in a spec of an old layout (old_layout.h); empty: nothing
};

/// `file`: a path that exists, or a path below slm_lab/spec as in SLM-Lab (demo.json, benchmark/ppo/ppo_cartpole.json).
/// `name` may be empty where the file has one spec. Throws SpecError: no such file or spec (with near names), malformed
/// JSON (line and column), a -s that fills nothing, placeholders left.
LoadedSpec load_spec(std::string_view file, std::string_view name, const LoadOptions& options);

/// A spec file, read and parsed once however many of its specs are wanted.
class SpecFile {
 public:
  /// Throws as load_spec.
  SpecFile(std::string_view file, const LoadOptions& options);

  std::size_t size() const { return root_.members.size(); }
  const std::string& name(std::size_t index) const { return root_.members[index].key; }  ///< in the order of the file
  std::size_t index_of(std::string_view name) const;  ///< "": the only one. Throws SpecError, with near names
  /// The spec at `index`, which leaves the file: each may be taken once.
  LoadedSpec take(std::size_t index);

 private:
  std::string file_;
  LoadOptions options_;
  std::optional<Position> trailing_comma_;  // the first; set while root_ is parsed
  JsonNode root_;
};

/// The spec files below slm_lab/spec, by the paths that load_spec takes.
std::vector<std::string> shipped_spec_files(const std::filesystem::path& repository);

/// The file with this one spec, as a run's folder keeps it: {name: root}.
std::string spec_file_text(const LoadedSpec& spec);

}  // namespace slm
