// Completion scripts for shells, made from the commands and options that the program itself parses with.
#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/cli/commands.h"

namespace slm {
namespace {

struct Word {
  std::string text, meaning;
};
/// What may follow a command ("", "run", "spec check").
struct Words {
  std::string path;
  std::vector<Word> commands, options;
};

void collect(const CLI::App& app, const std::string& path, std::vector<Words>& out) {
  Words words{path, {}, {}};
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames())
      words.options.push_back({"--" + name, option->get_description()});
  const auto is_shown = [](const CLI::App* sub) { return !sub->get_group().empty(); };
  const auto commands = app.get_subcommands(is_shown);
  for (const CLI::App* sub : commands) words.commands.push_back({sub->get_name(), sub->get_description()});
  out.push_back(std::move(words));
  for (const CLI::App* sub : commands)
    collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
}

std::string texts(const std::vector<Word>& words) {
  std::vector<std::string> all;
  for (const Word& word : words) all.push_back(word.text);
  return fmt::format("{}", fmt::join(all, " "));
}

std::string paths_pattern(const std::vector<Words>& table) {
  std::vector<std::string> paths;
  for (const Words& words : table)
    if (!words.path.empty()) paths.push_back("'" + words.path + "'");
  return fmt::format("{}", fmt::join(paths, " | "));
}

std::string bash_script(const std::vector<Words>& table) {
  std::string cases;
  for (const Words& words : table)
    cases += fmt::format("    '{}') commands='{}' options='{}' ;;\n", words.path, texts(words.commands),
                         texts(words.options));
  return fmt::format(R"(# bash completion of slm-lab. Use it with: source <(slm-lab completion bash)
_slm_lab() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} path='' word commands='' options=''
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "${{path:+$path }}$word" in
      {}) path=${{path:+$path }}$word ;;
    esac
  done
  case $path in
{}  esac
  [[ $current == -* ]] && commands=$options
  COMPREPLY=($(compgen -W "$commands" -- "$current"))
}}
complete -o default -F _slm_lab slm-lab ./slm-lab
)",
                     paths_pattern(table), cases);
}

/// 'word:meaning', quoted for zsh's _describe.
std::string described(const std::vector<Word>& words) {
  std::string out;
  for (const Word& word : words) {
    std::string meaning;
    for (const char c : word.meaning) meaning += c == '\'' ? "'\\''" : std::string(1, c);
    out += fmt::format(" '{}:{}'", word.text, meaning);
  }
  return out;
}

std::string zsh_script(const std::vector<Words>& table) {
  std::string cases;
  for (const Words& words : table)
    cases += fmt::format("    '{}') commands=({} ) options=({} ) ;;\n", words.path, described(words.commands),
                         described(words.options));
  return fmt::format(R"(#compdef slm-lab
# zsh completion of slm-lab. Use it with: source <(slm-lab completion zsh)
_slm_lab() {{
  local place='' word
  local -a commands options
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "${{place:+$place }}$word" in
      {}) place=${{place:+$place }}$word ;;
    esac
  done
  case $place in
{}  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe option options
  else
    (( $#commands )) && _describe command commands
    _files
  fi
}}
(( $+functions[compdef] )) && compdef _slm_lab slm-lab ./slm-lab
)",
                     paths_pattern(table), cases);
}

}  // namespace

std::function<int()> add_completion(CLI::App& app, const Invocation&) {
  auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  return [&app, shell] {
    std::vector<Words> table;
    collect(*app.get_parent(), "", table);
    fmt::print("{}", *shell == "bash" ? bash_script(table) : zsh_script(table));
    return 0;
  };
}

}  // namespace slm
