#include "slm_lab/spec/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "slm_lab/base/near_name.h"
#include "slm_lab/spec/report.h"
#include "slm_lab/spec/template.h"

namespace slm {
namespace {

using Kind = JsonNode::Kind;

std::string shown(const JsonNode& node) { return shortened(to_json_line(node), 60); }

/// Whether a value stands for what -s will give: "${x}", a list that holds one, and as a text "CartPole-${x}" too.
bool may_be_filled(const JsonNode& value, bool of_text) {
  if (value.is(Kind::array))
    return std::ranges::any_of(value.elements, [&](const JsonNode& entry) { return may_be_filled(entry, of_text); });
  if (!value.is(Kind::string)) return false;
  const auto left = placeholders_left(value);
  return !left.empty() && (of_text || value.text == "${" + left[0].key + "}");
}

}  // namespace

struct SpecReader::State {
  SpecReport& report;
  const JsonNode* object;        // null while describing, and where a required object is missing
  SpecReport::ReadObject& read;  // its path and the keys read so far
  bool unreadable = false;       // a problem already reported makes the keys' meaning unknown
};

SpecReader::SpecReader(const JsonNode* object, std::string path, SpecReport& report)
    : state_(std::make_shared<State>(State{report, object, report.add_object(std::move(path))})),
      format_(report.is_describing() ? &report.format() : nullptr) {
  if (format_) format_->begin_pass();
  if (object && !object->is(Kind::object)) {
    report.add_problem({object->position, object->origin, state_->read.path, shown(*object), "expected an object"});
    report.add_unread(state_->read.path);
    state_->unreadable = true;
  }
}

SpecReader::SpecReader(std::shared_ptr<State> state, FormatObject* format)
    : state_(std::move(state)), format_(format) {}

bool SpecReader::describing() const { return state_->report.is_describing(); }

const JsonNode* SpecReader::object() const { return state_->object; }

SpecReport& SpecReader::report() { return state_->report; }

bool SpecReader::silent() const { return !state_->object || state_->unreadable; }

std::string SpecReader::spelling(std::string_view key) const {
  std::string prefixed = override_prefix_ + std::string(key);
  if (override_prefix_.empty() || (state_->object && state_->object->find(prefixed))) return prefixed;
  return std::string(key);
}

SpecReader::State& SpecReader::holder(std::string_view key) const {
  const bool is_inner = inner_ && inner_->object && inner_->object->find_member(key);
  return is_inner ? *inner_ : *state_;
}

std::string SpecReader::path_of(std::string_view key) const { return dotted_path(holder(key).read.path, key); }

const JsonMember* SpecReader::ask(std::string_view key) {
  if (!override_prefix_.empty()) state_->read.asked.insert(override_prefix_ + std::string(key));
  state_->read.asked.emplace(key);
  if (inner_) inner_->read.asked.emplace(key);
  if (silent()) return nullptr;
  const State& at = holder(key);
  const JsonMember* const member = at.object->find_member(spelling(key));
  if (&at != inner_.get() || !state_->object->find_member(key)) return member;
  wrong_value(*member, fmt::format("{} is given too; expected one of the two", dotted_path(state_->read.path, key)));
  return nullptr;
}

bool SpecReader::tolerated_placeholder(const JsonMember& member, std::vector<std::string> (*types)()) {
  if (!state_->report.allow_placeholders) return false;
  const bool of_text = types != nullptr && std::ranges::count(types(), "string") > 0;
  if (!may_be_filled(member.value, of_text)) return false;
  state_->report.has_placeholders = true;
  state_->report.add_unread(path_of(member.key));
  state_->report.add_note(
      {member.value.position, member.value.origin, path_of(member.key), shown(member.value), "to be given with -s"});
  return true;
}

void SpecReader::wrong_value(const JsonMember& member, std::string_view message) {
  const JsonNode& value = member.value;
  state_->report.add_problem({value.position, value.origin, path_of(member.key), shown(value), std::string(message)});
  state_->report.add_unread(path_of(member.key));
}

void SpecReader::missing(std::string_view key, std::string_view expected, std::string_view doc) {
  if (silent()) return;
  const JsonNode& object = *state_->object;
  state_->report.add_missing_key({object.position, object.origin, dotted_path(state_->read.path, key), "",
                                  fmt::format("missing; expected {} ({})", expected, doc)});
  state_->report.add_unread(dotted_path(state_->read.path, key));
}

FormatKey& SpecReader::record(std::string_view key, FormatKey::Role role, bool required, std::string_view doc) {
  FormatKey& found = format_->key(key);
  const bool is_new = found.last_pass == 0;
  format_->ask(found, required && !under_condition_);
  // A key that has no effect for one reader may have one for another.
  if (is_new || role != FormatKey::Role::inert) {
    found.role = role;
    found.doc = doc;
  }
  auto& prefixes = found.prefixes;
  if (!override_prefix_.empty() && std::find(prefixes.begin(), prefixes.end(), override_prefix_) == prefixes.end())
    prefixes.push_back(override_prefix_);
  return found;
}

void SpecReader::record_field(std::string_view key, std::vector<std::string> types, bool required,
                              std::string default_text, std::string_view doc, const Range& range) {
  FormatKey& format = record(key, FormatKey::Role::field, required, doc);
  // Asked for again with another default, as by the readers of several environments: there is none to be told.
  const bool same = format.types.empty() || format.default_text == default_text;
  format.types = std::move(types);
  format.default_text = required || !same ? "" : std::move(default_text);
  format.range = range;
}

void SpecReader::report_misfit(const JsonMember& member, const Misfit& misfit, const std::string& expected,
                               const std::string& default_text, bool required) {
  const std::string remedy = member.value.is(Kind::null) && !required
                                 ? fmt::format("; leave the key out for the default {}", default_text)
                                 : misfit.nearest;
  state_->report.add_problem({misfit.at->position, misfit.at->origin, path_of(member.key) + misfit.where,
                              shown(*misfit.at), fmt::format("expected {}{}", expected, remedy)});
  state_->report.add_unread(path_of(member.key));
}

SpecReader SpecReader::make_child(std::string_view key, const JsonNode* object, std::string_view doc, bool required) {
  FormatObject* format = nullptr;
  if (describing()) {
    FormatKey& recorded = record(key, FormatKey::Role::child, required, doc);
    if (!recorded.child) recorded.child = std::make_unique<FormatObject>();
    format = recorded.child.get();
    format->begin_pass();
  }
  return {std::make_shared<State>(
              State{state_->report, object, state_->report.add_object(dotted_path(state_->read.path, spelling(key)))}),
          format};
}

SpecReader SpecReader::require_child(std::string_view key, std::string_view doc) {
  const JsonMember* member = describing() ? nullptr : ask(key);
  if (!member) {
    if (!describing()) missing(key, "an object", doc);
    return make_child(key, nullptr, doc, true);
  }
  if (tolerated_placeholder(*member)) return make_child(key, nullptr, doc, true);
  if (!member->value.is(Kind::object)) {
    if (state_->report.was_read(dotted_path(state_->read.path, key))) wrong_value(*member, "expected an object");
    return make_child(key, nullptr, doc, true);
  }
  return make_child(key, &member->value, doc, true);
}

std::optional<SpecReader> SpecReader::child(std::string_view key, std::string_view doc) {
  if (describing()) return make_child(key, nullptr, doc, false);
  const JsonMember* member = ask(key);
  if (!member || member->value.is(Kind::null) || tolerated_placeholder(*member)) return std::nullopt;
  if (!member->value.is(Kind::object)) {
    wrong_value(*member, "expected an object, or null");
    return std::nullopt;
  }
  return make_child(key, &member->value, doc, false);
}

SpecReader SpecReader::child_or_empty(std::string_view key, std::string_view doc) {
  if (std::optional<SpecReader> found = child(key, doc)) return *found;
  return make_child(key, nullptr, doc, false);
}

void SpecReader::choose(std::string_view key, const std::vector<std::string>& names, std::string_view doc,
                        const std::function<void(const std::string&, SpecReader&)>& read_rest) {
  if (describing()) {
    FormatKey& recorded = record(key, FormatKey::Role::choice, true, doc);
    recorded.types = {"string"};
    recorded.range.names = names;
    FormatObject* const object = format_;
    const auto same_key = [&](const FormatObject::Choice& c) { return c.key == key; };
    auto choice = std::find_if(object->choices.begin(), object->choices.end(), same_key);
    if (choice == object->choices.end()) {
      object->choices.emplace_back().key = key;
      choice = object->choices.end() - 1;
      for (const std::string& name : names) choice->branches.emplace_back(name, std::make_unique<FormatObject>());
    }
    for (auto& [name, branch] : choice->branches) {
      branch->begin_pass();
      SpecReader rest(*this);
      rest.format_ = branch.get();
      read_rest(name, rest);
    }
    return;
  }
  const JsonMember* member = ask(key);
  std::string name;
  if (!member) {
    missing(key, Field<std::string>::expected(one_of(names)), doc);
    report_misspelt(key);
  } else if (!tolerated_placeholder(*member, Field<std::string>::types)) {
    if (const auto misfit = Field<std::string>::parse(member->value, one_of(names), name))
      wrong_value(*member, fmt::format("expected {}{}", Field<std::string>::expected(one_of(names)), misfit->nearest));
  }
  if (!name.empty()) return read_rest(name, *this);
  state_->unreadable = true;
  state_->report.add_unread(state_->read.path);
}

void SpecReader::report_misspelt(std::string_view key) {
  if (silent()) return;
  for (const JsonMember& member : state_->object->members)
    if (!state_->read.asked.contains(member.key) &&
        edit_distance(member.key, key) <= std::max<std::size_t>(1, key.size() / 3))
      report_unknown(member, {std::string(key)});
}

void SpecReader::inert(std::string_view key, std::string_view reason) {
  if (describing()) {
    record(key, FormatKey::Role::inert, false, reason);
    return;
  }
  if (const JsonMember* member = ask(key))
    state_->report.add_inert(
        {member->position, member->value.origin, path_of(member->key), shown(member->value), std::string(reason)});
}

const JsonNode* SpecReader::read_json(std::string_view key, std::string_view type, std::string_view doc) {
  if (describing()) {
    record_field(key, {std::string(type)}, false, "null", doc, {});
    return nullptr;
  }
  const JsonMember* member = ask(key);
  return member && !member->value.is(Kind::null) ? &member->value : nullptr;
}

SpecReader SpecReader::overridden_by(std::string_view prefix) {
  SpecReader view(*this);
  view.override_prefix_ = prefix;
  return view;
}

SpecReader SpecReader::or_in(const SpecReader& inner) {
  SpecReader view(*this);
  view.inner_ = inner.state_;
  return view;
}

SpecReader SpecReader::under_condition() {
  SpecReader view(*this);
  view.under_condition_ = true;
  return view;
}

bool SpecReader::has(std::string_view key) const {
  if (silent()) return false;
  const JsonNode* value = holder(key).object->find(spelling(key));
  return value && !value->is(Kind::null);
}

// What a key holds that was not read is no wish of the user's, so nothing more is said of it.
void SpecReader::problem(std::string_view key, std::string_view what) {
  if (silent() || !state_->report.was_read(path_of(spelling(key)))) return;
  const JsonNode& object = *holder(key).object;
  if (const JsonMember* member = object.find_member(spelling(key))) return wrong_value(*member, what);
  state_->report.add_problem(
      {object.position, object.origin, dotted_path(state_->read.path, key), "", std::string(what)});
}

void SpecReader::note(std::string_view key, std::string_view what) {
  if (silent() || !state_->report.was_read(path_of(spelling(key)))) return;
  const JsonNode& object = *holder(key).object;
  const JsonMember* member = object.find_member(spelling(key));
  const JsonNode& at = member ? member->value : object;
  state_->report.add_note({at.position, at.origin, path_of(member ? member->key : std::string(key)),
                           member ? shown(at) : "", std::string(what)});
}

void SpecReader::unused(std::string_view key, std::string_view why) {
  if (has(key)) note(key, fmt::format("not used: {}", why));
}

void SpecReader::report_unknown(const JsonMember& member, std::vector<std::string> legal) {
  state_->report.add_unknown_key({member.position, member.value.origin, "", "", ""}, member.key, state_->read.path,
                                 std::move(legal));
}

void SpecReader::done() {
  if (silent()) return;
  for (const JsonMember& member : state_->object->members)
    if (!state_->read.asked.contains(member.key))
      report_unknown(member, {state_->read.asked.begin(), state_->read.asked.end()});
}

}  // namespace slm
