#include "slm_lab/spec/load.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <system_error>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/near_name.h"
#include "slm_lab/spec/old_layout.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/spec/template.h"

namespace slm {
namespace fs = std::filesystem;
namespace {

/// What a mode changes in every spec.
struct ModeOverride {
  std::string_view mode, path, value;
};
constexpr ModeOverride kModeOverrides[] = {
    {"dev", "meta.max_session", "1"},
    {"dev", "meta.max_trial", "2"},
    {"enjoy", "meta.max_session", "1"},
};

constexpr std::string_view kSpecFolder = "slm_lab/spec";
constexpr std::size_t kBlock = 16 << 10;  // bytes of a spec file that are read at a time
constexpr std::size_t kMaxListed = 100;   // names or placeholders in one message

/// The nearest known file, by its path or else by its file name alone.
std::optional<std::string> near_file(const std::string& asked, const std::vector<std::string>& files) {
  if (auto near = near_name(asked, files)) return near;
  std::vector<std::string> names;
  for (const std::string& file : files) names.push_back(fs::path(file).filename().string());
  const auto near = near_name(fs::path(asked).filename().string(), names);
  if (!near) return std::nullopt;
  return files[static_cast<std::size_t>(std::find(names.begin(), names.end(), *near) - names.begin())];
}

/// What the user can mend is a SpecError; anything else is the disk's, or this process's.
[[noreturn]] void refuse_to_read(const std::string& file, const std::error_code& reason) {
  if (reason == std::errc::permission_denied) throw SpecError(fmt::format("{}: cannot be read (permissions?)", file));
  throw Error(ExitCode::io, fmt::format("{}: cannot be read: {}", file, reason.message()));
}

fs::path resolve(const std::string& file, const fs::path& repository) {
  std::error_code error;
  if (fs::exists(file, error)) return file;
  if (error == std::errc::io_error) refuse_to_read(file, error);
  std::string below = file;
  const std::string prefix = std::string(kSpecFolder) + "/";
  if (below.starts_with("./")) below.erase(0, 2);
  if (below.starts_with(prefix)) below.erase(0, prefix.size());
  const fs::path folder = repository / kSpecFolder;
  if (!below.empty() && fs::exists(folder / below, error)) return folder / below;
  const auto near = near_file(below, shipped_spec_files(repository));
  throw SpecError(fmt::format("{}: no such spec file{}", file, near ? fmt::format("; did you mean {}?", *near) : ""));
}

/// Up to more than the largest spec, so that a device or a huge file cannot fill the memory. Of a FIFO, what
/// those write who have it open, as <(...) of a shell does; one that nobody has open is empty, and not waited for.
std::string read_text(const std::string& file, const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw SpecError(fmt::format("{}: a folder, not a spec file", file));
  if (access(path.c_str(), R_OK) != 0) refuse_to_read(file, {errno, std::generic_category()});
  Descriptor in(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  fcntl(in.number(), F_SETFL, 0);
  std::string text;
  std::array<char, kBlock> block;  // most specs are one: the memory of the largest is not cleared for each
  for (std::size_t count = kBlock; count == kBlock && text.size() <= kMaxJsonBytes;) {
    count = in.read(std::as_writable_bytes(std::span(block)));
    text.append(block.data(), count);
  }
  return text;
}

void check_all_used(const TemplateValues& values, const FilledTemplate& filled, const std::string& file) {
  for (const auto& [key, value] : values) {
    if (filled.placeholders().contains(key)) continue;
    std::vector<std::string> known;
    for (const std::string& placeholder : filled.placeholders()) known.push_back("${" + placeholder + "}");
    throw SpecError(fmt::format("-s {}={}: {} has no ${{{}}}; {}", key, value, file, key,
                                known.empty() ? "it has no placeholders (use --override PATH=VALUE for other keys)"
                                              : fmt::format("its placeholders: {}", fmt::join(known, ", "))));
  }
}

JsonNode parse_file(const std::string& file, const LoadOptions& options, std::optional<Position>& trailing_comma) {
  if (file.ends_with(".yaml") || file.ends_with(".yml"))
    throw SpecError(fmt::format("{}: spec files are JSON here; those that SLM-Lab 5 has in YAML are not read", file));
  const std::string source = read_text(file, resolve(file, options.repository));
  const TemplateValues values = parse_template_values(options.sets);
  const FilledTemplate filled(source, values);
  std::string text = filled.text();
  if (const auto comma = blank_trailing_commas(text)) trailing_comma = filled.locate(source)(*comma);
  JsonNode root = parse_json(text, file, filled.locate(source));
  if (!root.is(JsonNode::Kind::object))
    throw SpecError(
        fmt::format("{}:{}:{}: expected an object of specs by name", file, root.position.line, root.position.column));
  check_all_used(values, filled, file);
  return root;
}

void check_name(const std::string& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  const bool legal = !name.empty() && name.size() <= 64 && kLetters.find(name[0]) != std::string_view::npos &&
                     name.find_first_not_of(std::string(kLetters) + ".-") == std::string::npos;
  if (!legal)
    throw SpecError(
        fmt::format("spec name {}: it names files, so it may hold up to 64 letters, digits, '_', '-' and '.', "
                    "and begins with a letter, a digit or '_'",
                    json_quoted(name)));
}

void apply_overrides(JsonNode& spec, const LoadOptions& options) {
  if (!spec.is(JsonNode::Kind::object)) return;  // which the reader reports
  for (const ModeOverride& entry : kModeOverrides)
    if (entry.mode == options.mode)
      set_at_path(spec, entry.path, parse_value(entry.value), fmt::format("mode {}", entry.mode));
  for (const std::string& argument : options.overrides) {
    const std::size_t at = argument.find('=');
    if (at == std::string::npos)
      throw SpecError(fmt::format("--override {}: expected PATH=VALUE, as in agent.algorithm.gamma=0.99", argument));
    set_at_path(spec, argument.substr(0, at), parse_value(argument.substr(at + 1)), "--override");
  }
}

/// Other paths, and what is no path, are left for whoever reads the key.
void make_absolute(JsonNode& value) {
  if (!value.is(JsonNode::Kind::string) || !value.text.starts_with('.')) return;
  std::error_code error;
  const std::string path = fs::canonical(value.text, error).string();
  if (error) return;
  try {
    parse_json(json_quoted(path), "");  // a name that is no UTF-8 cannot be saved
  } catch (const SpecError&) {
    return;
  }
  value.text = path;
}

void make_files_absolute(JsonNode& spec) {
  JsonNode* const env = spec.find("env");
  for (JsonNode* object : {env, env ? env->find("kwargs") : nullptr})
    if (JsonNode* file = object ? object->find("xml_file") : nullptr) make_absolute(*file);
  if (JsonNode* search = spec.find("search"))
    for (JsonMember& member : search->members)
      if (member.key.starts_with("env.xml_file__") || member.key.starts_with("env.kwargs.xml_file__"))
        for (JsonNode& choice : member.value.elements) make_absolute(choice);
}

void refuse_placeholders(const JsonNode& spec, const std::string& file) {
  std::vector<std::string> lines;
  for (const LeftPlaceholder& left : placeholders_left(spec))
    if (lines.size() < kMaxListed)
      lines.push_back(fmt::format("{}:{}:{}: {}: ${{{}}} has no value; give it with -s {}=VALUE", file,
                                  left.position.line, left.position.column, left.path, left.key, left.key));
  if (!lines.empty()) throw SpecError(fmt::format("{}", fmt::join(lines, "\n")));
}

}  // namespace

SpecFile::SpecFile(std::string_view file, const LoadOptions& options)
    : file_(file), options_(options), root_(parse_file(file_, options, trailing_comma_)) {}

std::size_t SpecFile::index_of(std::string_view name) const {
  if (name.empty() && size() == 1) return 0;
  for (std::size_t i = 0; i < size(); ++i)
    if (this->name(i) == name) return i;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(size(), kMaxListed); ++i) names.push_back(shortened(this->name(i), 64));
  if (names.empty()) throw SpecError(fmt::format("{}: it holds no spec", file_));
  const auto near = near_name(std::string(name), names);
  const std::string what = name.empty() ? "name one of its specs" : "no spec " + json_quoted(name);
  throw SpecError(fmt::format("{}: {}{}; it has: {}{}", file_, what,
                              near ? fmt::format("; did you mean {}?", *near) : "", fmt::join(names, ", "),
                              names.size() < size() ? ", ..." : ""));
}

LoadedSpec SpecFile::take(std::size_t index) {
  LoadedSpec spec;
  spec.file = file_;
  spec.name = name(index);
  check_name(spec.name);
  spec.root = std::move(root_.members[index].value);
  refuse_before_4(spec.root, file_);
  std::vector<std::string> changes = upgrade_layout(spec.root);
  if (trailing_comma_)
    changes.push_back(
        fmt::format("no trailing commas (the first at {}:{})", trailing_comma_->line, trailing_comma_->column));
  spec.layout = fmt::format("{}", fmt::join(changes, "; "));
  apply_overrides(spec.root, options_);
  if (!options_.as_saved) make_files_absolute(spec.root);
  if (!options_.allow_placeholders) refuse_placeholders(spec.root, file_);
  spec.canonical = to_canonical_json(spec.root);
  spec.hash = sha256_hex(spec.canonical);
  return spec;
}

std::vector<std::string> shipped_spec_files(const fs::path& repository) {
  const fs::path folder = repository / kSpecFolder;
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".json") files.push_back(it->path().lexically_relative(folder).generic_string());
  std::sort(files.begin(), files.end());
  return files;
}

LoadedSpec load_spec(std::string_view file, std::string_view name, const LoadOptions& options) {
  if (!name.empty()) check_name(std::string(name));
  SpecFile specs(file, options);
  return specs.take(specs.index_of(name));
}

std::string spec_file_text(const LoadedSpec& spec) {
  JsonNode file;
  file.at_or_insert(spec.name) = spec.root;
  return to_json(file);
}

}  // namespace slm
