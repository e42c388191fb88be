#pragma once

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/spec/format.h"
#include "slm_lab/spec/json.h"

namespace slm {

/// One thing to say about one place of a spec.
struct SpecFinding {
  Position position;
  std::string origin;  ///< "--override" where the value did not come from the file
  std::string path;    ///< dotted: agent.algorithm.gamma
  std::string value;   ///< as JSON; empty where there is none to show
  std::string message;
  auto operator<=>(const SpecFinding&) const = default;
};

/// "agent.algorithm" and "gamma": agent.algorithm.gamma.
std::string dotted_path(const std::string& object_path, std::string_view key);

/// Everything found while reading one spec: problems, inert keys, notes; and, while describing, the format itself.
class SpecReport {
 public:
  explicit SpecReport(std::string file) : file_(std::move(file)) {}
  /// For a reader that describes the format instead of reading a spec.
  static SpecReport describing();

  /// `spec check` reads templates: then a value "${x}" is taken for any legal one (the field keeps its default) and
  /// noted.
  bool allow_placeholders = false;
  bool has_placeholders = false;  ///< such a one was met: some field holds a default

  bool is_describing() const { return describing_; }
  FormatObject& format() { return format_; }
  const FormatObject& format() const { return format_; }

  void add_problem(SpecFinding finding);
  void add_inert(SpecFinding finding);
  void add_note(SpecFinding finding);
  /// `legal` are the keys asked for in the object `object_path`; the nearest of them, or the object where the key
  /// belongs, is named when all has been read.
  void add_unknown_key(SpecFinding finding, const std::string& key, std::string object_path,
                       std::vector<std::string> legal);
  /// An object that a reader reads, to be filled with the keys that it asks for: where a misplaced key may belong.
  struct ReadObject {
    std::string path;
    std::set<std::string, std::less<>> asked = {};
  };
  ReadObject& add_object(std::string path) { return objects_.emplace_back(ReadObject{std::move(path)}); }
  /// Whether some reader has asked for this dotted path.
  bool knows(std::string_view path) const;
  std::vector<std::string> known_paths() const;

  /// The value at this dotted path, or everything below it, was not read: absent though required, of the wrong form,
  /// refused, or a placeholder. The field holds a default that nobody asked for.
  void add_unread(std::string path) { unread_.insert(std::move(path)); }
  /// Whether neither the path nor an object around it was named to add_unread().
  bool was_read(std::string_view path) const;
  /// Whether nothing below this object was named to add_unread(), nor the object itself.
  bool all_read(std::string_view object_path) const;

  /// `key` is required and absent; not reported if a misspelt one turns out to stand in its place.
  void add_missing_key(SpecFinding finding);

  /// In the order of the file.
  std::vector<SpecFinding> problems() const;
  const std::vector<SpecFinding>& inert_keys() const { return inert_; }
  const std::vector<SpecFinding>& notes() const { return notes_; }

  /// "ppo_cartpole.json:12:18: agent.algorithm.gamma = 1.2: expected a number in [0, 1]; nearest legal value: 1".
  std::string line(const SpecFinding& finding) const;
  /// Throws SpecError with all problems, one per line.
  void throw_if_problems() const;

 private:
  struct UnknownKey {
    SpecFinding finding;
    std::string key, object_path;
    std::vector<std::string> legal;
  };
  /// The legal key that was probably meant; empty where none is near or the key belongs to another object.
  std::string meant(const UnknownKey& unknown) const;
  std::string unknown_key_message(const UnknownKey& unknown) const;
  /// The paths of the objects in which the key was asked for.
  std::set<std::string> objects_with(std::string_view key) const;

  std::string file_;
  bool describing_ = false;
  std::vector<SpecFinding> problems_, missing_, inert_, notes_;
  bool more_problems_ = false;  // than kMaxFindings
  std::vector<UnknownKey> unknown_;
  std::deque<ReadObject> objects_;  // which stay where they are
  std::set<std::string, std::less<>> unread_;
  FormatObject format_;
};

}  // namespace slm
