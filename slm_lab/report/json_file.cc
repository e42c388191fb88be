#include "slm_lab/report/json_file.h"

#include <limits>

namespace slm {
namespace {

constexpr int kMaxDepth = 32;  // the library can be made to overflow the stack by what is deeper by thousands

}  // namespace

Json parse_json_file(std::string_view text, std::string_view file) {
  bool too_deep = false;
  const auto keep = [&](int depth, Json::parse_event_t, const Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  Json json = Json::parse(text, keep, /*allow_exceptions=*/false);
  if (too_deep || !json.is_object())
    throw Error(ExitCode::corrupt, fmt::format("{}: damaged: not a JSON object", file));
  return json;
}

std::string json_file_text(const Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

double number_or_nan(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

}  // namespace slm
