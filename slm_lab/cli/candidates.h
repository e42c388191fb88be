#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "slm_lab/cli/commands.h"

namespace slm {

/// What may stand for the word under the cursor of a shell.
struct Candidate {
  std::string text, meaning;
};
struct Candidates {
  std::vector<Candidate> words;
  bool files = false;  ///< names of files, too
};

/// `words` are those behind the program's name, the last of them the one to be completed, which may be empty. What is
/// known of a place comes from where the program itself takes it: commands and options from `program`, names from the
/// registries, spec names from the file that was named before.
Candidates candidates(const CLI::App& program, const Invocation& invocation, std::vector<std::string> words);

}  // namespace slm
