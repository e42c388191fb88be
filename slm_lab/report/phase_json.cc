#include "slm_lab/report/phase_json.h"

namespace slm {

Json phase_json(const PhaseSeconds& seconds) {
  Json json = Json::object();
  for (std::size_t i = 0; i < seconds.size(); ++i) json[std::string(kPhaseNames[i])] = seconds[i];
  return json;
}

PhaseSeconds read_phases(const Json& json) {
  PhaseSeconds seconds;
  for (std::size_t i = 0; i < seconds.size(); ++i) seconds[i] = json.value(std::string(kPhaseNames[i]), 0.0);
  return seconds;
}

}  // namespace slm
