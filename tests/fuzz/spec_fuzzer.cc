// libFuzzer target: whatever bytes a spec file holds, reading it ends in a spec or a SpecError. Built and run by
// scripts/fuzz.sh; not part of the normal build.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "slm_lab/base/error.h"
#include "slm_lab/spec/meta.h"
#include "slm_lab/spec/old_layout.h"
#include "slm_lab/spec/report.h"
#include "slm_lab/spec/search_space.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/spec/template.h"

namespace slm {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void read(std::string_view source) {
  const FilledTemplate filled(source, {{"k", "1e6"}, {"env", "a \"name\""}});
  std::string text = filled.text();
  blank_trailing_commas(text);
  require(text.size() == filled.text().size());
  JsonNode root = parse_json(text, "f.json", filled.locate(source));
  const std::string canonical = to_canonical_json(root);
  require(to_canonical_json(parse_json(to_json(root), "f.json")) == canonical);  // what a run saves reads back
  upgrade_layout(root);
  require(upgrade_layout(root).empty());
  placeholders_left(root);
  SpecReport report("f.json");
  report.allow_placeholders = true;
  SpecReader reader(&root, "", report);
  SpecReader meta = reader.require_child("meta", "");
  read_meta_config(meta);
  read_search_space(reader);
  reader.done();
  for (const SpecFinding& finding : report.problems()) report.line(finding);
  if (root.is(JsonNode::Kind::object)) set_at_path(root, source.substr(0, 40), json_string("x"), "--override");
}

}  // namespace
}  // namespace slm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    slm::read({reinterpret_cast<const char*>(data), size});
  } catch (const slm::SpecError&) {
  }
  return 0;
}
