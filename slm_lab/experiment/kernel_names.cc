#include "slm_lab/experiment/kernel_names.h"

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/net/kernel.h"

namespace slm {

std::string kernel_names(const LabSpec& spec) {
  std::string names = kernels().name;
  // Of an agent without its environment, which may take a second to make.
  const auto agent = make_algorithm(spec.agent, env_info(spec.env, spec.env.num_envs), Streams(spec.meta.seed, 0, 0));
  for (const NamedNet& net : agent->nets()) {
    const std::map<std::string, std::string> made_of = net.net->description();
    const auto precision = made_of.find("precision");
    if (precision != made_of.end() && names.find(precision->second) == std::string::npos)
      names.append(", ").append(precision->second);
  }
  return names;
}

}  // namespace slm
