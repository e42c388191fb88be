#include "slm_lab/spec/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace slm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSearchPattern =
    "^[^_]+(_[^_]+)*(__(uniform|quniform|loguniform|qloguniform|randint|qrandint|lograndint|qlograndint|randn|qrandn|"
    "choice))?$";

Json bounds(const Range& range) {
  Json out = Json::object();
  if (range.low) out[range.low_open ? "exclusiveMinimum" : "minimum"] = *range.low;
  if (range.high) out[range.high_open ? "exclusiveMaximum" : "maximum"] = *range.high;
  return out;
}

/// `type` in FormatKey's words.
Json type_schema(const std::string& type, const Range& range) {
  constexpr std::string_view kArray = "array of ";
  if (type.starts_with(kArray)) return {{"type", "array"}, {"items", type_schema(type.substr(kArray.size()), range)}};
  if (type == "search block") return {{"$ref", "#/$defs/search"}};
  if (type == "string" && !range.names.empty()) return {{"enum", range.names}};
  Json out = {{"type", type}};
  if (type == "integer" || type == "number") out.update(bounds(range));
  return out;
}

class SchemaWriter {
 public:
  /// A reference to the schema of the object, which is written once however often it occurs (optimisers of many nets).
  Json object(const FormatObject& object, const std::string& name) {
    Json schema = {{"type", "object"}};
    add_keys(object, schema);
    schema["unevaluatedProperties"] = false;
    return reference(schema, name);
  }
  Json definitions() { return std::move(definitions_); }

 private:
  Json reference(const Json& schema, const std::string& name) {
    const auto [known, is_new] = names_by_text_.emplace(schema.dump(), name);
    if (is_new) {
      for (int i = 2; definitions_.contains(known->second); ++i) known->second = fmt::format("{}_{}", name, i);
      definitions_[known->second] = schema;
    }
    return {{"$ref", "#/$defs/" + known->second}};
  }

  Json key(const FormatKey& key, bool required) {
    Json out;
    if (key.role == FormatKey::Role::inert)
      return {{"description", fmt::format("No effect: {}", key.doc)}, {"deprecated", true}};
    if (key.role == FormatKey::Role::child) {
      out = object(*key.child, key.name);
      if (!required) out = {{"anyOf", Json::array({out, Json{{"type", "null"}}})}};
    } else {
      Json any = Json::array();
      for (const std::string& type : key.types) any.push_back(type_schema(type, key.range));
      // A template's "${x}" may stand for any value.
      const bool is_plain_string = any.size() == 1 && any[0] == Json{{"type", "string"}};
      if (!is_plain_string && !any[0].contains("$ref")) any.push_back({{"$ref", "#/$defs/placeholder"}});
      out = any.size() == 1 ? any[0] : Json{{"anyOf", any}};
    }
    out["description"] = key.doc;
    if (!key.default_text.empty()) out["default"] = Json::parse(key.default_text);
    return out;
  }

  /// Adds the keys of `object` to `out`: properties, required keys, and the keys that come with each choice.
  void add_keys(const FormatObject& object, Json& out) {
    Json conditions = Json::array(), required = Json::array();
    out["properties"] = Json::object();
    for (const FormatKey& k : object.keys) {
      const bool is_required = object.is_required(k);
      const Json schema = key(k, is_required);
      out["properties"][k.name] = schema;
      Json prefixed = Json::array();
      for (const std::string& prefix : k.prefixes) {
        out["properties"][prefix + k.name] = schema;
        prefixed.push_back(prefix + k.name);
      }
      if (is_required && prefixed.empty()) required.push_back(k.name);
      if (is_required && !prefixed.empty())
        conditions.push_back(
            {{"anyOf", Json::array({Json{{"required", Json::array({k.name})}}, Json{{"required", prefixed}}})}});
    }
    if (!required.empty()) out["required"] = required;
    for (const FormatObject::Choice& choice : object.choices) add_choice(choice, conditions);
    if (!conditions.empty()) out["allOf"] = conditions;
  }

  void add_choice(const FormatObject::Choice& choice, Json& conditions) {
    std::vector<std::pair<Json, Json>> thens;  // the further keys, and the names that bring them
    for (const auto& [name, branch] : choice.branches) {
      Json then = Json::object();
      add_keys(*branch, then);
      const auto same = std::find_if(thens.begin(), thens.end(), [&](const auto& t) { return t.first == then; });
      if (same == thens.end())
        thens.emplace_back(then, Json::array({name}));
      else
        same->second.push_back(name);
    }
    for (const auto& [then, names] : thens)
      conditions.push_back(
          {{"if", {{"properties", {{choice.key, {{"enum", names}}}}}, {"required", Json::array({choice.key})}}},
           {"then", then}});
  }

  Json definitions_ = Json::object();
  std::map<std::string, std::string> names_by_text_;
};

}  // namespace

std::string spec_json_schema(const FormatObject& spec) {
  SchemaWriter writer;
  const Json spec_reference = writer.object(spec, "spec");
  Json definitions = {{"placeholder", {{"type", "string"}, {"pattern", "^\\$\\{[A-Za-z0-9_.-]+\\}$"}}},
                      {"search",
                       {{"type", "object"},
                        {"propertyNames", {{"pattern", kSearchPattern}}},
                        {"patternProperties", {{"__", {{"type", "array"}, {"minItems", 1}}}}},
                        {"additionalProperties", {{"$ref", "#/$defs/search"}}}}}};
  definitions.update(writer.definitions());
  const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "slm-lab spec file: specs by name"},
                       {"type", "object"},
                       {"propertyNames", {{"pattern", "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"}}},
                       {"additionalProperties", spec_reference},
                       {"$defs", definitions}};
  return schema.dump(2) + "\n";
}

}  // namespace slm
