#pragma once

#include <string>
#include <string_view>

#include "slm_lab/spec/report.h"

namespace slm {

/// A line for the user on standard error. A terminal or pipe that has gone ends no run: nothing is thrown.
void say(const std::string& line);

/// A note for each key without effect, and for whatever else reading a spec found that is no problem; `but` is the path
/// of one that is left out.
void say_findings(const SpecReport& report, std::string_view but = "");

}  // namespace slm
