#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/spec/schema.h"

namespace slm {
namespace {

constexpr std::string_view kIntroduction = R"(# The spec file

<!-- Made by `slm-lab spec docs`; do not edit. -->

A spec file is a JSON object of specs by name: `{"ppo_cartpole": {"agent": {...}, "env": {...}, "meta": {...}}}`.
JSON without comments; numbers may be written `1e6`. Unknown keys are errors, with the nearest legal key; keys that real
spec files carry and that have no effect are accepted and listed by `slm-lab spec check`. A first one of your own:
[own-spec.md](own-spec.md).

- `${KEY}` in a file is filled by `-s KEY=VALUE`. A number, `true` or `false` replaces the whole string `"${KEY}"`; other
  text is inserted into it.
- `--override PATH=VALUE` sets any key: `--override agent.algorithm.gamma=0.98`.
- Names (of algorithms, nets, activations...) are compared without regard to case.
- "required" keys have no default. `null` is a value only where the type says so.
- Every size is bounded: what a session would take is estimated before anything is made, and refused where this machine has
  less.

## Files of SLM-Lab 4.0 to 4.2 and of the book

Their layout is read as it is, with one note that names every change: `agent` and `env` as lists of one, a `body` of one
agent in one environment, `__grid_search` (read as `__choice`, in today's layout too), trailing commas, `meta.search`, `spec_params` (give the
values with `-s`), `normalize_state: false`, and the ids that Gymnasium has renumbered (`LunarLander-v2`, `Pendulum-v0`).
Of Atari (`PongNoFrameskip-v4`) `frame_op` becomes `stack_num`; four frames a step and lives that end the learner's episodes are added.
Without `meta.log_frequency` its `eval_frequency` is taken. Several agents or environments are refused,
and so are the files of versions 1 to 3, whose keys had other meanings.

## search

A search samples one value for each key `PATH__DISTRIBUTION` of the `search` block; nested objects and dots in the path
mean the same. A path from which nothing is read is refused, with the nearest one.

| distribution | arguments | draws |
|---|---|---|
| `uniform` | [low, high] | a number |
| `quniform` | [low, high, step] | low + k * step |
| `loguniform` | [low, high] | a number, uniform in its logarithm; low > 0 |
| `qloguniform` | [low, high, step] | the same, rounded to steps |
| `randint` | [low, high] | an integer below high |
| `qrandint` | [low, high, step] | low + k * step, high included |
| `lograndint` | [low, high] | an integer below high, uniform in its logarithm |
| `qlograndint` | [low, high, step] | the same, rounded to steps, high included |
| `randn` | [mean, standard deviation] | a normal number |
| `qrandn` | [mean, standard deviation, step] | the same, rounded to steps |
| `choice` | [value, ...] | one of the values, of any type |
)";

constexpr std::string_view kTableHead = "\n| key | type | default | legal | meaning |\n|---|---|---|---|---|\n";
constexpr std::string_view kInertHead = "\nAccepted, without effect:\n\n| key | reason |\n|---|---|\n";

/// Text for a table's cell.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\|" : std::string(1, c));
  return out;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : fmt::format("{}.{}", path, key);
}

std::string legal_values(const FormatKey& key) {
  if (!key.range.names.empty()) return joined(key.range.names, ", ");
  const std::string text = to_text(key.range);  // " in [0, 1]", " >= 1"
  return text.substr(text.starts_with(" in ") ? 4 : text.empty() ? 0 : 1);
}

/// The rows of one object, or of one branch of a choice.
struct Rows {
  std::vector<std::string> fields, inert;

  bool empty() const { return fields.empty() && inert.empty(); }
  std::string text() const {
    std::string out;
    if (!fields.empty()) out.append(kTableHead).append(joined(fields, ""));
    if (!inert.empty()) out.append(kInertHead).append(joined(inert, ""));
    return out;
  }
};

Rows rows_of(const FormatObject& object, const std::string& path) {
  Rows rows;
  for (const FormatKey& key : object.keys) {
    std::string names = fmt::format("`{}`", key.name);
    for (const std::string& prefix : key.prefixes) names += fmt::format(", `{}{}`", prefix, key.name);
    if (key.role == FormatKey::Role::inert) {
      rows.inert.push_back(fmt::format("| {} | {} |\n", names, cell(key.doc)));
      continue;
    }
    const bool is_child = key.role == FormatKey::Role::child, required = object.is_required(key);
    const std::string type = !is_child ? joined(key.types, " or ") : required ? "object" : "object or null";
    const std::string meaning = is_child ? fmt::format("{}; see {}", key.doc, below(path, key.name)) : key.doc;
    const std::string by_default = required ? "required" : key.default_text;
    rows.fields.push_back(
        fmt::format("| {} | {} | {} | {} | {} |\n", names, type, by_default, cell(legal_values(key)), cell(meaning)));
  }
  return rows;
}

bool contains(const std::vector<std::string>& list, const std::string& line) {
  return std::find(list.begin(), list.end(), line) != list.end();
}

/// Takes out of each the lines that all have.
std::vector<std::string> take_common(std::vector<std::vector<std::string>*> lists) {
  std::vector<std::string> common;
  if (lists.size() < 2) return common;
  for (const std::string& line : *lists[0])
    if (std::all_of(lists.begin(), lists.end(), [&](const auto* list) { return contains(*list, line); }))
      common.push_back(line);
  for (auto* list : lists) std::erase_if(*list, [&](const std::string& line) { return contains(common, line); });
  return common;
}

/// What is said of one object. Objects that read alike share it, as the three schedules do.
struct Section {
  std::string text;
  std::vector<std::string> paths, conditions;
};

class DocumentWriter {
 public:
  void add(const FormatObject& object, const std::string& path, const std::string& condition) {
    std::string text = rows_of(object, path).text();
    for (const FormatObject::Choice& choice : object.choices) text += choice_text(choice, path);
    auto same = std::find_if(sections_.begin(), sections_.end(), [&](const Section& s) { return s.text == text; });
    if (same == sections_.end()) same = sections_.insert(same, {std::move(text), {}, {}});
    if (!contains(same->paths, path)) same->paths.push_back(path);
    if (!contains(same->conditions, condition)) same->conditions.push_back(condition);
    add_children(object, path, "");
    for (const FormatObject::Choice& choice : object.choices)
      for (const auto& [name, branch] : choice.branches) add_children(*branch, path, name);
  }

  std::string text() const {
    std::string out;
    for (const Section& section : sections_) {
      const auto at_path = std::count_if(sections_.begin(), sections_.end(),
                                         [&](const Section& s) { return contains(s.paths, section.paths[0]); });
      const std::string heading = section.paths[0].empty() ? "A spec" : joined(section.paths, ", ");
      const std::string condition = at_path > 1 ? fmt::format(" ({})", joined(section.conditions, ", ")) : "";
      out += fmt::format("\n## {}{}\n{}", heading, condition, section.text);
    }
    return out;
  }

 private:
  void add_children(const FormatObject& object, const std::string& path, const std::string& condition) {
    for (const FormatKey& key : object.keys)
      if (key.role == FormatKey::Role::child) add(*key.child, below(path, key.name), condition);
  }

  static std::string choice_text(const FormatObject::Choice& choice, const std::string& path) {
    std::vector<Rows> rows;
    for (const auto& [name, branch] : choice.branches) rows.push_back(rows_of(*branch, path));
    std::vector<std::vector<std::string>*> fields, inert;
    for (Rows& r : rows) {
      fields.push_back(&r.fields);
      inert.push_back(&r.inert);
    }
    const Rows common{take_common(fields), take_common(inert)};
    std::string out = common.empty() ? "" : fmt::format("\nWith every `{}`:\n{}", choice.key, common.text());
    std::vector<std::pair<std::string, std::vector<std::string>>> tables;  // and the names that bring them
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string text = rows[i].text(), name = fmt::format("`{}`", choice.branches[i].first);
      const auto same = std::find_if(tables.begin(), tables.end(), [&](const auto& t) { return t.first == text; });
      if (same == tables.end())
        tables.push_back({text, {name}});
      else
        same->second.push_back(name);
    }
    for (const auto& [text, names] : tables)
      if (!text.empty()) out += fmt::format("\nWith `{}` = {}:\n{}", choice.key, joined(names, ", "), text);
    return out;
  }

  std::vector<Section> sections_;
};

}  // namespace

std::string spec_document(const FormatObject& spec) {
  DocumentWriter writer;
  writer.add(spec, "", "");
  return std::string(kIntroduction) + writer.text();
}

}  // namespace slm
