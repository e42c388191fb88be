// Completion in shells: scripts that ask the program what may stand under the cursor, and its answers.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "slm_lab/cli/candidates.h"
#include "slm_lab/cli/commands.h"

namespace slm {
namespace {

// An answer is lines of "word<tab>meaning", and ":files" where the names of files are as good.

// The line is split here, as bash splits words at ':' and '=', too, and before '@'; what lies before the last of them
// stays as it was typed.
constexpr const char* kBash = R"(# bash completion of slm-lab. Use it with: source <(slm-lab completion bash)
_slm_lab() {
  local line=${COMP_LINE:0:COMP_POINT} breaks=${COMP_WORDBREAKS//[^:=@]/} given current kept='' files=''
  local -a words found
  IFS=$' \t\n' read -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  printf -v given '\n%s' "${words[@]:1}"
  current=${words[-1]}
  [[ $breaks && $current == *[$breaks]* ]] && kept=${current%"${current##*[$breaks]}"} && kept=${kept%@}
  COMPREPLY=()
  while IFS=$'\t' read -r word _; do
    if [[ $word == :files ]]; then files=yes; else COMPREPLY+=("${word#"$kept"}"); fi
  done < <("${words[0]/#\~/$HOME}" candidates "--words=$given" 2>/dev/null)
  if [[ $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "${current#"$kept"}")
  fi
}
complete -F _slm_lab slm-lab ./slm-lab
)";

constexpr const char* kZsh = R"(#compdef slm-lab
# zsh completion of slm-lab. Use it with: source <(slm-lab completion zsh)
_slm_lab() {
  local line files='' given=$'\n'${(pj:\n:)${(@Q)words[2,CURRENT]}}
  local -a described plain
  for line in "${(@f)$(${~words[1]} candidates "--words=$given" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) files=yes ;;
      *$'\t') plain+=("${line%$'\t'}") ;;
      *) described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  (( $#described )) && _describe -V slm-lab described
  (( $#plain )) && compadd -a plain
  [[ -n $files ]] && { compset -P '--*='; _files; }
}
(( $+functions[compdef] )) && compdef _slm_lab slm-lab ./slm-lab
)";

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> words;
  for (const char c : text)
    if (c == '\n')
      words.emplace_back();
    else if (!words.empty())
      words.back() += c;
  return words;
}

}  // namespace

std::function<int()> add_completion(CLI::App& app, const Invocation&) {
  auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  return [shell] {
    fmt::print("{}", *shell == "bash" ? kBash : kZsh);
    return 0;
  };
}

std::function<int()> add_candidates(CLI::App& app, const Invocation& invocation) {
  auto words = std::make_shared<std::string>();
  app.add_option("--words", *words, "the words behind the program's name, a line end before each");
  return [&app, &invocation, words] {
    const Candidates found = candidates(*app.get_parent(), invocation, lines(*words));
    for (const Candidate& candidate : found.words) fmt::print("{}\t{}\n", candidate.text, candidate.meaning);
    if (found.files) fmt::print(":files\n");
    return 0;
  };
}

}  // namespace slm
