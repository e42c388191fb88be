# shellcheck shell=bash disable=SC2154  # root: common.sh
# Sourced: what the launcher can say before there is a program. The commands are the rows of the program's own table.

program_commands() { # "name<tab>summary" lines
  sed -n '/", "", add_/d; s/^ *Command{"\([a-z-]*\)", "\([^"]*\)".*/\1\t\2/p' "$root/slm_lab/cli/main.cc"  # without an example: not shown
}

usage_of_launcher='The launcher knows five more commands:
  slm-lab test [--asan | --tsan | --debug] [CTEST OPTIONS]   build and run every test, e.g. slm-lab test -R Gae
  slm-lab test --repeat N [LAYER...]                         run the tests of layers N times, e.g. --repeat 300 base env
  slm-lab test --mutants [quick | FILTER]                    run the tests against wrong versions of the program
  slm-lab bench [FILTER]                                     build and run the benchmarks, e.g. slm-lab bench Kernel
  slm-lab lint [--fix]                                       form (clang-format) and habits (clang-tidy)
  slm-lab docs [--serve [PORT]]                              build the documentation as a site, in build/site
  slm-lab setup [PART]                                       install an optional part; without PART, list them'

usage_before_building() {
  printf 'slm-lab: a laboratory for deep reinforcement learning\n\n'
  printf 'Usage: slm-lab SPEC_FILE SPEC_NAME MODE, or slm-lab COMMAND ...; the first command builds the program.\n\nCommands:\n'
  program_commands | while IFS=$'\t' read -r name summary; do printf '  %-12s %s\n' "$name" "$summary"; done
  printf '\nEvery command has --help. More: docs/cli.md\n'
}

version_before_building() {
  sed -n 's/^project(slm-lab VERSION \([0-9.]*\).*/slm-lab \1 (not built yet)/p' "$root/CMakeLists.txt"
}

# Answers, and ends, where a program is not needed: to help, to the version, and to a word that is no command.
answer_without_program() { # arguments...
  case ${1:-} in
    --help | -h | help | '') usage_before_building && printf '\n%s\n' "$usage_of_launcher" && exit 0 ;;
    --version) version_before_building && exit 0 ;;
    -* | */* | *.*) return 0 ;;  # options first, or a spec file
  esac
  local summary argument
  summary=$(program_commands | sed -n "s/^$1\t//p")
  [[ -n $summary ]] ||
    die 2 "$1: no such command; there are $(program_commands | cut -f1 | xargs), test, bench, lint, docs and setup"
  for argument; do
    [[ $argument == --help || $argument == -h ]] || continue
    printf 'slm-lab %s: %s\n\nThe program is not built yet; docs/cli.md has the options of this command.\n' "$1" "$summary"
    exit 0
  done
}
