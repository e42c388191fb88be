#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/spec/json.h"

namespace slm {

/// SLM-Lab 4.0 to 4.2 and the book "Foundations of Deep Reinforcement Learning" wrote specs in another layout:
/// one-element lists around `agent` and `env`, a `body`, grid searches, trailing commas. Hundreds of public files have
/// it, so it is read: the spec is rewritten, once, before anything else looks at it.

/// Refuses, as SpecError, a spec of SLM-Lab 1 to 3. It is told by what it calls the length of a session; its other keys
/// changed their meaning too, so that naming them one by one would say less.
void refuse_before_4(const JsonNode& spec, std::string_view file);

/// Rewrites a spec of that layout into today's. Returns each change in words; nothing when the spec needed none. What
/// has no counterpart (several agents, several environments) stays for the reader to refuse.
std::vector<std::string> upgrade_layout(JsonNode& spec);

/// Replaces each comma before a closing bracket by a space, so that all positions stay. Returns the offset of the
/// first.
std::optional<std::size_t> blank_trailing_commas(std::string& json);

}  // namespace slm
