#include "slm_lab/spec/difference.h"

namespace slm {
namespace {

std::string value_text(const JsonNode* node) { return node == nullptr ? "nothing" : to_json_line(*node); }

bool by_option(const JsonNode& node) {
  for (const JsonMember& member : node.members)
    if (by_option(member.value)) return true;
  return !node.origin.empty();
}

void compare(const std::string& path, const JsonNode* before, const JsonNode* after, std::vector<SpecDifference>& out) {
  if (before != nullptr && after != nullptr) {
    if (to_canonical_json(*before) == to_canonical_json(*after)) return;
    if (before->is(JsonNode::Kind::object) && after->is(JsonNode::Kind::object)) {
      const std::string prefix = path.empty() ? "" : path + ".";
      for (const JsonMember& member : before->members)
        compare(prefix + member.key, &member.value, after->find(member.key), out);
      for (const JsonMember& member : after->members)
        if (before->find(member.key) == nullptr) compare(prefix + member.key, nullptr, &member.value, out);
      return;
    }
  }
  out.push_back({path, value_text(before), value_text(after), after != nullptr && by_option(*after)});
}

}  // namespace

std::vector<SpecDifference> spec_differences(const JsonNode& before, const JsonNode& after) {
  std::vector<SpecDifference> differences;
  compare("", &before, &after, differences);
  return differences;
}

}  // namespace slm
