#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/spec/field.h"
#include "slm_lab/spec/format.h"
#include "slm_lab/spec/json.h"

namespace slm {

class SpecReport;  // spec/report.h: what reading found: problems, inert keys, notes, and (while describing) every key

/// Reads one JSON object of a spec into a config struct. Every key must be asked for: done() reports the others, with
/// the nearest legal key. Nothing throws while reading: problems are collected in the SpecReport, each with its line
/// and column, and a field whose value is wrong keeps its default.
///
/// The same calls describe the format: over SpecReport::describing() a reader has no JSON, wants nothing, and records
/// the key, type, default, range and doc of every field (spec/schema.h makes the JSON Schema and docs/spec.md from
/// that).
class SpecReader {
 public:
  SpecReader(const JsonNode* object, std::string path, SpecReport& report);

  /// T: bool, int, std::int64_t, float, double, std::string, std::vector of int, of double or of std::string,
  /// std::vector<std::vector<int>>, std::variant<bool, int>, <bool, std::string>, <double, std::string>,
  /// <double, std::vector<double>> or <std::string, std::vector<std::string>>, or std::optional of any of these (null
  /// gives nullopt; elsewhere null is a problem). An integer may be written 1e6.
  template <class T>
  void require(std::string_view key, T& field, std::string_view doc, const Range& range = {});
  /// The same for a key with a default: the field's value before the call.
  template <class T>
  void read(std::string_view key, T& field, std::string_view doc, const Range& range = {});

  /// A nested object. The reader of a missing required child reads nothing and reports only that the child is missing.
  SpecReader require_child(std::string_view key, std::string_view doc);
  /// Nothing when the key is absent or null (while describing: always a reader).
  std::optional<SpecReader> child(std::string_view key, std::string_view doc);

  /// The same, whose reader reads nothing where the key is absent or null.
  SpecReader child_or_empty(std::string_view key, std::string_view doc);

  /// The key `key` chooses among `names` and thereby the meaning of the other keys: `read_rest` is called with the
  /// chosen name (in the spelling of `names`); while describing, with each. An unknown name is reported with the
  /// nearest one, and the other keys are then left unread.
  void choose(std::string_view key, const std::vector<std::string>& names, std::string_view doc,
              const std::function<void(const std::string& name, SpecReader& reader)>& read_rest);

  /// A key that real spec files carry and that has no effect here: accepted, and reported with its reason.
  void inert(std::string_view key, std::string_view reason);

  /// A view of the same object in which "lr_x" is read from the key `prefix + "lr_x"` where that exists, else from
  /// "lr_x": the reference's actor_<key> and critic_<key>. Both spellings count as read.
  SpecReader overridden_by(std::string_view prefix);

  /// A view of the same object in which a key may stand in its child `inner` instead; in both is a problem. Each of the
  /// two objects has its own done().
  SpecReader or_in(const SpecReader& inner);

  /// A value of a form of its own (`type`: its name in the docs): the JSON itself, or null when absent or null.
  const JsonNode* read_json(std::string_view key, std::string_view type, std::string_view doc);

  /// A view of the same object for keys that are wanted only under a condition which the format cannot express: while
  /// describing, none of them is recorded as required. Otherwise the same as this.
  SpecReader under_condition();

  bool has(std::string_view key) const;  ///< present and not null
  bool describing() const;
  const JsonNode* object() const;  ///< null while describing, and where a required object is missing
  SpecReport& report();
  /// Reports a problem at the key's value (or at the object when the key is absent): "expected ..." style, see docs.
  void problem(std::string_view key, std::string_view what);
  void note(std::string_view key, std::string_view what);  ///< for the user to know; not an error
  /// A note where the object holds a key that others leave without effect: "not used: " and why.
  void unused(std::string_view key, std::string_view why);
  void done();  ///< every key must have been asked for

 private:
  struct State;  // shared by the views of one object: the node, its path, the keys read so far
  SpecReader(std::shared_ptr<State> state, FormatObject* format);
  std::string spelling(std::string_view key) const;  // with the prefix where the object holds the key so
  State& holder(std::string_view key) const;         // of the object in which the key stands
  std::string path_of(std::string_view key) const;
  const JsonMember* ask(std::string_view key);  // counts as read
  bool silent() const;                          // nothing to read, nothing to report
  /// `types`: of the values that the key takes, where it takes a value.
  bool tolerated_placeholder(const JsonMember& member, std::vector<std::string> (*types)() = nullptr);
  void wrong_value(const JsonMember& member, std::string_view message);
  void missing(std::string_view key, std::string_view expected, std::string_view doc);
  void report_unknown(const JsonMember& member, std::vector<std::string> legal);
  void report_misspelt(std::string_view key);  // a member that was probably meant to be the absent `key`
  FormatKey& record(std::string_view key, FormatKey::Role role, bool required, std::string_view doc);
  void record_field(std::string_view key, std::vector<std::string> types, bool required, std::string default_text,
                    std::string_view doc, const Range& range);
  void report_misfit(const JsonMember& member, const Misfit& misfit, const std::string& expected,
                     const std::string& default_text, bool required);
  template <class T>
  void read_field(std::string_view key, T& field, std::string_view doc, const Range& range, bool required);
  SpecReader make_child(std::string_view key, const JsonNode* object, std::string_view doc, bool required);

  std::shared_ptr<State> state_, inner_;  // inner_: of or_in()
  FormatObject* format_ = nullptr;        // where to record; only while describing
  std::string override_prefix_;
  bool under_condition_ = false;
};

template <class T>
void SpecReader::require(std::string_view key, T& field, std::string_view doc, const Range& range) {
  read_field(key, field, doc, range, true);
}

template <class T>
void SpecReader::read(std::string_view key, T& field, std::string_view doc, const Range& range) {
  read_field(key, field, doc, range, false);
}

template <class T>
void SpecReader::read_field(std::string_view key, T& field, std::string_view doc, const Range& range, bool required) {
  if (describing()) {
    record_field(key, Field<T>::types(), required, Field<T>::to_text(field), doc, range);
  } else if (const JsonMember* member = ask(key); !member) {
    if (required) missing(key, Field<T>::expected(range), doc);
  } else if (!tolerated_placeholder(*member, Field<T>::types)) {
    if (const auto misfit = Field<T>::parse(member->value, range, field))
      report_misfit(*member, *misfit, Field<T>::expected(range), Field<T>::to_text(field), required);
  }
}

}  // namespace slm
