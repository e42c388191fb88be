#include "slm_lab/experiment/kernel_names.h"

#include <map>

#include "slm_lab/experiment/session.h"
#include "slm_lab/net/kernel.h"

namespace slm {

std::string kernel_names(const LabSpec& spec) {
  std::string names = kernels().name;
  Session session(spec, 0, 0);
  for (const NamedNet& net : session.algorithm().nets()) {
    const std::map<std::string, std::string> made_of = net.net->description();
    const auto precision = made_of.find("precision");
    if (precision != made_of.end() && names.find(precision->second) == std::string::npos)
      names.append(", ").append(precision->second);
  }
  return names;
}

}  // namespace slm
