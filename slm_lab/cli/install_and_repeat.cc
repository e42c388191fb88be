#include "slm_lab/cli/install_and_repeat.h"

#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace slm {

void install_and_repeat(const std::string& part, char** argv) {
  const char* root = std::getenv("SLM_LAB_ROOT");  // this and the next are exported by the launcher
  const char* tried = std::getenv("SLM_LAB_PARTS_TRIED");
  if (root == nullptr ||
      (tried != nullptr && (" " + std::string(tried) + " ").find(" " + part + " ") != std::string::npos))
    return;
  std::string launcher = std::string(root) + "/slm-lab", option = "--with-part", name = part;
  std::vector<char*> words = {launcher.data(), option.data(), name.data()};
  for (char** argument = argv + 1; *argument != nullptr; ++argument) words.push_back(*argument);
  words.push_back(nullptr);
  execv(launcher.c_str(), words.data());
}

}  // namespace slm
