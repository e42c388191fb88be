#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slm_lab/spec/format.h"
#include "slm_lab/spec/json.h"

namespace slm {

/// Why a JSON value does not fit a field.
struct Misfit {
  const JsonNode* at = nullptr;  ///< the offending value: the field's own or an entry of it
  std::string where;             ///< "[2]" for an entry
  std::string nearest;           ///< "; nearest legal value: 1"; may be empty
};

/// The conversion between JSON and one C++ type, for SpecReader:
///   types()                        in JSON Schema's words
///   expected(range)                "a number in [0, 1]"
///   parse(node, range, out)        the misfit, or nothing
///   to_text(value)                 JSON
template <class T>
struct Field;

std::string nearest_number(double value, const Range& range, bool integer);
bool contains(const Range& range, double value);
/// The legal name equal to `text` but for case; nothing when there is none. Any text where the range names none.
std::optional<std::string> legal_name(const std::string& text, const Range& range);
std::string nearest_name(const std::string& text, const Range& range);

template <>
struct Field<bool> {
  static std::vector<std::string> types() { return {"boolean"}; }
  static std::string expected(const Range&) { return "true or false"; }
  static std::optional<Misfit> parse(const JsonNode& node, const Range&, bool& out) {
    if (!node.is(JsonNode::Kind::boolean)) return Misfit{&node, {}, {}};
    out = node.boolean;
    return std::nullopt;
  }
  static std::string to_text(bool value) { return value ? "true" : "false"; }
};

template <class Int>
struct IntegerField {
  static std::vector<std::string> types() { return {"integer"}; }
  static std::string expected(const Range& range) { return "an integer" + slm::to_text(range); }
  static std::optional<Misfit> parse(const JsonNode& node, const Range& range, Int& out) {
    const auto value = node.integer();
    const bool fits = value && *value >= std::numeric_limits<Int>::min() && *value <= std::numeric_limits<Int>::max();
    if (!fits || !contains(range, static_cast<double>(*value))) return Misfit{&node, {}, nearest(node, range)};
    out = static_cast<Int>(*value);
    return std::nullopt;
  }
  static std::string to_text(Int value) { return fmt::format("{}", value); }

 private:
  /// Where the range has no end, that of the type is one.
  static std::string nearest(const JsonNode& node, const Range& range) {
    if (!node.is(JsonNode::Kind::number)) return "";
    constexpr Int kLargest = std::numeric_limits<Int>::max();
    if (!range.high && node.number >= static_cast<double>(kLargest))
      return fmt::format("; nearest legal value: {}", kLargest);
    return nearest_number(node.number, range, true);
  }
};
template <>
struct Field<int> : IntegerField<int> {};
template <>
struct Field<std::int64_t> : IntegerField<std::int64_t> {};

template <class Real>
struct NumberField {
  static std::vector<std::string> types() { return {"number"}; }
  static std::string expected(const Range& range) { return "a number" + slm::to_text(range); }
  static std::optional<Misfit> parse(const JsonNode& node, const Range& range, Real& out) {
    if (!node.is(JsonNode::Kind::number)) return Misfit{&node, {}, {}};
    const auto value = static_cast<Real>(node.number);
    if (!std::isfinite(value) || !contains(range, node.number))
      return Misfit{&node, {}, nearest_number(node.number, range, false)};
    out = value;
    return std::nullopt;
  }
  static std::string to_text(Real value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }
};
template <>
struct Field<float> : NumberField<float> {};
template <>
struct Field<double> : NumberField<double> {};

template <>
struct Field<std::string> {
  static std::vector<std::string> types() { return {"string"}; }
  static std::string expected(const Range& range) {
    return range.names.empty() ? "a string" : fmt::format("one of {}", fmt::join(range.names, ", "));
  }
  static std::optional<Misfit> parse(const JsonNode& node, const Range& range, std::string& out) {
    if (!node.is(JsonNode::Kind::string)) return Misfit{&node, {}, {}};
    const auto name = legal_name(node.text, range);
    if (!name) return Misfit{&node, {}, nearest_name(node.text, range)};
    out = *name;
    return std::nullopt;
  }
  static std::string to_text(const std::string& value) { return json_quoted(value); }
};

template <class T>
struct Field<std::vector<T>> {
  static std::vector<std::string> types() { return {"array of " + Field<T>::types()[0]}; }
  static std::string expected(const Range& range) { return "a list, each entry " + Field<T>::expected(range); }
  static std::optional<Misfit> parse(const JsonNode& node, const Range& range, std::vector<T>& out) {
    if (!node.is(JsonNode::Kind::array)) return Misfit{&node, {}, {}};
    std::vector<T> values(node.elements.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      if (auto misfit = Field<T>::parse(node.elements[i], range, values[i])) {
        misfit->where.insert(0, fmt::format("[{}]", i));
        return misfit;
      }
    out = std::move(values);
    return std::nullopt;
  }
  static std::string to_text(const std::vector<T>& values) {
    std::string text = "[";
    for (std::size_t i = 0; i < values.size(); ++i) text.append(i > 0 ? ", " : "").append(Field<T>::to_text(values[i]));
    return text + "]";
  }
};

template <class T>
struct Field<std::optional<T>> {
  static std::vector<std::string> types() {
    auto types = Field<T>::types();
    types.push_back("null");
    return types;
  }
  static std::string expected(const Range& range) { return Field<T>::expected(range) + ", or null"; }
  static std::optional<Misfit> parse(const JsonNode& node, const Range& range, std::optional<T>& out) {
    if (node.is(JsonNode::Kind::null)) {
      out.reset();
      return std::nullopt;
    }
    T value{};
    if (auto misfit = Field<T>::parse(node, range, value)) return misfit;
    out = std::move(value);
    return std::nullopt;
  }
  static std::string to_text(const std::optional<T>& value) { return value ? Field<T>::to_text(*value) : "null"; }
};

/// The first alternative that the value fits.
template <class A, class B>
struct Field<std::variant<A, B>> {
  static std::vector<std::string> types() {
    auto types = Field<A>::types();
    for (auto& type : Field<B>::types()) types.push_back(type);
    return types;
  }
  static std::string expected(const Range& range) {
    return fmt::format("{}, or {}", Field<A>::expected(range), Field<B>::expected(range));
  }
  static std::optional<Misfit> parse(const JsonNode& node, const Range& range, std::variant<A, B>& out) {
    A a{};
    const auto misfit_a = Field<A>::parse(node, range, a);
    if (!misfit_a) {
      out = std::move(a);
      return std::nullopt;
    }
    B b{};
    auto misfit_b = Field<B>::parse(node, range, b);
    if (!misfit_b) {
      out = std::move(b);
      return std::nullopt;
    }
    if (misfit_b->nearest.empty()) misfit_b->nearest = misfit_a->nearest;
    return misfit_b;
  }
  static std::string to_text(const std::variant<A, B>& value) {
    return std::holds_alternative<A>(value) ? Field<A>::to_text(std::get<A>(value))
                                            : Field<B>::to_text(std::get<B>(value));
  }
};

}  // namespace slm
