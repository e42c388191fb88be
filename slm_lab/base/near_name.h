#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slm {

/// The legal name that `name` was probably meant to be; nothing when none is near. Near, without regard to case, is
/// an edit distance of at most max(1, a third of the length), or else that one begins with or contains the other
/// (minibatch, minibatch_size). Of equally near names the first counts.
std::optional<std::string> near_name(std::string_view name, std::span<const std::string> legal);

/// Single characters inserted, deleted or replaced, or neighbours swapped (Damerau-Levenshtein, each character edited
/// once at most).
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace slm
