#include "slm_lab/spec/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/base/near_name.h"

namespace slm {
namespace {

constexpr std::size_t kMaxFindings = 200;  // of each kind: nobody reads more, and a hostile file may have a million
constexpr std::size_t kMaxKeyShown = 120;

/// Two views of one object may find the same thing. Returns whether there was room.
bool add_once(std::vector<SpecFinding>& findings, SpecFinding finding) {
  if (findings.size() == kMaxFindings) return false;
  if (std::find(findings.begin(), findings.end(), finding) == findings.end()) findings.push_back(std::move(finding));
  return true;
}

}  // namespace

std::string dotted_path(const std::string& object_path, std::string_view key) {
  return object_path.empty() ? std::string(key) : fmt::format("{}.{}", object_path, key);
}

SpecReport SpecReport::describing() {
  SpecReport report("");
  report.describing_ = true;
  return report;
}

void SpecReport::add_problem(SpecFinding finding) {
  if (!add_once(problems_, std::move(finding))) more_problems_ = true;
}
void SpecReport::add_missing_key(SpecFinding finding) {
  if (!add_once(missing_, std::move(finding))) more_problems_ = true;
}
void SpecReport::add_inert(SpecFinding finding) { add_once(inert_, std::move(finding)); }
void SpecReport::add_note(SpecFinding finding) { add_once(notes_, std::move(finding)); }

void SpecReport::add_unknown_key(SpecFinding finding, const std::string& key, std::string object_path,
                                 std::vector<std::string> legal) {
  finding.path = dotted_path(object_path, key);
  finding.message = "unknown key";
  if (unknown_.size() == kMaxFindings) {
    more_problems_ = true;
    return;
  }
  for (const UnknownKey& known : unknown_)
    if (known.finding == finding) return;
  unknown_.push_back({std::move(finding), key, std::move(object_path), std::move(legal)});
}

std::set<std::string> SpecReport::objects_with(std::string_view key) const {
  std::set<std::string> paths;
  for (const ReadObject& object : objects_)
    if (object.asked.contains(key)) paths.insert(object.path);
  return paths;
}

bool SpecReport::knows(std::string_view path) const {
  const std::size_t dot = path.rfind('.');
  const std::string_view key = dot == std::string_view::npos ? path : path.substr(dot + 1);
  return objects_with(key).contains(std::string(dot == std::string_view::npos ? "" : path.substr(0, dot)));
}

bool SpecReport::all_read(std::string_view object_path) const {
  const auto below = unread_.lower_bound(std::string(object_path) + ".");
  return was_read(object_path) && (below == unread_.end() || !below->starts_with(std::string(object_path) + "."));
}

std::vector<std::string> SpecReport::known_paths() const {
  std::set<std::string> paths;
  for (const ReadObject& object : objects_)
    for (const std::string& key : object.asked) paths.insert(dotted_path(object.path, key));
  return {paths.begin(), paths.end()};
}

bool SpecReport::was_read(std::string_view path) const {
  for (std::size_t end = path.size(); end != std::string_view::npos; end = path.substr(0, end).rfind('.'))
    if (unread_.contains(path.substr(0, end))) return false;
  return !unread_.contains("");
}

std::string SpecReport::meant(const UnknownKey& unknown) const {
  if (!objects_with(unknown.key).empty() || unknown.key.size() > kMaxKeyShown) return "";
  return near_name(unknown.key, unknown.legal).value_or("");
}

std::string SpecReport::unknown_key_message(const UnknownKey& unknown) const {
  if (const std::set<std::string> objects = objects_with(unknown.key); !objects.empty()) {
    const std::string& object = *objects.begin();
    return object.empty() ? "unknown key here; it belongs at the top"
                          : fmt::format("unknown key here; it belongs under {}", object);
  }
  const std::string near = meant(unknown);
  return near.empty() ? "unknown key" : fmt::format("unknown key; did you mean {}?", near);
}

std::vector<SpecFinding> SpecReport::problems() const {
  std::vector<SpecFinding> all = problems_;
  std::set<std::string> misspelt;  // the paths that were meant
  for (const UnknownKey& unknown : unknown_) {
    all.push_back(unknown.finding);
    all.back().message = unknown_key_message(unknown);
    misspelt.insert(dotted_path(unknown.object_path, meant(unknown)));
  }
  for (const SpecFinding& finding : missing_)
    if (!misspelt.contains(finding.path)) all.push_back(finding);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
  return all;
}

std::string SpecReport::line(const SpecFinding& finding) const {
  std::string where = finding.origin.empty() ? file_ : finding.origin;
  if (finding.origin.empty() && finding.position.line > 0)
    where += fmt::format(":{}:{}", finding.position.line, finding.position.column);
  const bool both = !finding.path.empty() && !finding.value.empty();
  return fmt::format("{}: {}{}{}: {}", where, shortened(finding.path, kMaxKeyShown), both ? " = " : "", finding.value,
                     finding.message);
}

void SpecReport::throw_if_problems() const {
  std::string text;
  for (const SpecFinding& finding : problems()) text.append(text.empty() ? "" : "\n").append(line(finding));
  if (more_problems_) text += "\n... and more";
  if (!text.empty()) throw SpecError(text);
}

}  // namespace slm
