#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace slm {

/// A word as a shell takes it back: as it is where nothing in it means something to a shell, otherwise in single
/// quotes.
std::string shell_quote(std::string_view word);

/// A command to be copied: its words quoted, with a space between.
std::string shell_command(std::initializer_list<std::string_view> words);

}  // namespace slm
