#include "slm_lab/experiment/say.h"

#include <cstdio>

namespace slm {

void say(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

void say_findings(const SpecReport& report, std::string_view but) {
  for (const auto& findings : {report.inert_keys(), report.notes()})
    for (const SpecFinding& finding : findings)
      if (finding.path != but) say("note: " + report.line(finding));
}

}  // namespace slm
