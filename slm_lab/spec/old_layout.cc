#include "slm_lab/spec/old_layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

using Kind = JsonNode::Kind;

/// Keys that told the old program how to run, and nothing about the experiment.
constexpr std::string_view kDropped[] = {"search", "train_mode", "training_mode"};  // of meta

/// Of env: what ended a session before there was max_frame.
constexpr std::string_view kLengthsBefore4[] = {"max_tick", "max_total_t", "max_epi", "max_timestep", "max_episode"};

struct RenamedEnv {
  std::string_view old_id, id;
};
// The same task under a newer number; Gymnasium no longer makes the old one.
constexpr RenamedEnv kRenamedEnvs[] = {
    {"Pendulum-v0", "Pendulum-v1"},
    {"LunarLander-v2", "LunarLander-v3"},
    {"BipedalWalker-v2", "BipedalWalker-v3"},
    {"LunarLanderContinuous-v2", "LunarLanderContinuous-v3"},
    {"Acrobot-v0", "Acrobot-v1"},
    {"BipedalWalkerHardcore-v2", "BipedalWalkerHardcore-v3"},
};

bool erase(JsonNode& object, std::string_view key) {
  return std::erase_if(object.members, [&](const JsonMember& member) { return member.key == key; }) > 0;
}

class Upgrade {
 public:
  explicit Upgrade(JsonNode& spec) : spec_(spec) {}

  std::vector<std::string> run() {
    const bool agent = unwrap(spec_, "agent"), env = unwrap(spec_, "env");
    const bool body = erase(spec_, "body");  // how several agents and environments met: of one each it says nothing
    if (!agent && !env && !body) {
      upgrade_grids();
      return std::move(changes_);
    }
    if (agent || env) add("agent and env are objects, not lists of one");
    if (body) add("no body");
    if (erase(spec_, "spec_params")) add("no spec_params: a run is one spec; give its values with -s");
    upgrade_meta();
    upgrade_env();
    upgrade_search();
    return std::move(changes_);
  }

 private:
  void add(std::string change) { changes_.push_back(std::move(change)); }

  static bool unwrap(JsonNode& object, std::string_view key) {
    JsonNode* list = object.find(key);
    if (!list || !list->is(Kind::array) || list->elements.size() != 1 || !list->elements[0].is(Kind::object))
      return false;
    JsonNode only = std::move(list->elements[0]);
    *list = std::move(only);
    return true;
  }

  void upgrade_meta() {
    JsonNode* meta = spec_.find("meta");
    if (!meta || !meta->is(Kind::object)) return;
    for (const std::string_view key : kDropped)
      if (erase(*meta, key)) add(fmt::format("no meta.{}", key));
    // There, what was reported came from evaluations; here from the log points of training.
    const JsonNode* eval_frequency = meta->find("eval_frequency");
    if (!eval_frequency || meta->find("log_frequency")) return;
    JsonNode copy = *eval_frequency;
    const JsonNode* env = spec_.find("env");
    const JsonNode* max_frame = env ? env->find("max_frame") : nullptr;
    // Short runs of that time were evaluated once; a curve needs three points.
    const auto frames = max_frame ? max_frame->integer() : std::nullopt;
    if (frames && copy.is(Kind::number) && copy.number > static_cast<double>(*frames) / 3 && *frames >= 3) {
      const auto third = *frames / 3;
      copy.number = static_cast<double>(third);
      copy.text = fmt::format("{}", third);
      add(fmt::format("meta.log_frequency = {}, a third of max_frame", copy.text));
    } else {
      add(fmt::format("meta.log_frequency = {}, as eval_frequency", shortened(to_json_line(copy), 20)));
    }
    meta->at_or_insert("log_frequency") = std::move(copy);
  }

  void upgrade_env() {
    JsonNode* env = spec_.find("env");
    if (!env || !env->is(Kind::object)) return;
    // false, and null for the whole of what a later version removed, asked for nothing.
    const JsonNode* normalize = env->find("normalize_state");
    if (normalize && normalize->is(Kind::boolean) && !normalize->boolean && erase(*env, "normalize_state"))
      add("no env.normalize_state");
    JsonNode* name = env->find("name");
    if (!name || !name->is(Kind::string)) return;
    for (const RenamedEnv& renamed : kRenamedEnvs)
      if (name->text == renamed.old_id) {
        add(fmt::format("{} is {}", renamed.old_id, renamed.id));
        name->text = renamed.id;
      }
    if (name->text.ends_with("NoFrameskip-v4")) upgrade_atari(*env);
  }

  /// Wrappers of that time skipped four frames and ended the learner's episode with a life by themselves, and frame_op
  /// was the only stack of screens, each 84 x 84; here a stack is part of the environment.
  void upgrade_atari(JsonNode& env) {
    const JsonNode* const frames = env.find("frame_op_len");
    if (frames && frames->is(Kind::number) && env.find("frame_op") && !env.find("stack_num")) {
      JsonNode stack = *frames;
      for (const char* key : {"frame_op", "frame_op_len"}) erase(env, key);
      add(fmt::format("env.stack_num = {} instead of frame_op", stack.text));
      env.at_or_insert("stack_num") = std::move(stack);
    }
    const auto assume = [&](const char* key, const char* value) {
      if (env.find(key)) return;
      env.at_or_insert(key) = parse_json(value, "");
      add(fmt::format("env.{} = {}, as its wrappers did", key, value));
    };
    assume("frameskip", "4");
    if (!env.find("episodic_life")) assume("life_loss_info", "true");
    const JsonNode* const size = env.find("image_downsize");
    if (size && to_json_line(*size) == "[84, 84]" && erase(env, "image_downsize"))
      add("no env.image_downsize: screens are 84 x 84");
  }

  void upgrade_search() {
    JsonNode* search = spec_.find("search");
    if (!search || !search->is(Kind::object)) return;
    for (const char* key : {"agent", "env"}) unwrap(*search, key);
    upgrade_grids();
  }

  /// Also in today's layout, where people who come from the book still write them.
  void upgrade_grids() {
    bool renamed = false;
    if (JsonNode* search = spec_.find("search"); search && search->is(Kind::object))
      choose_from_grids(*search, renamed);
    if (renamed) add("__grid_search is __choice");
  }

  static void choose_from_grids(JsonNode& node, bool& renamed) {
    constexpr std::string_view kGrid = "__grid_search";
    for (JsonMember& member : node.members) {
      if (member.key.ends_with(kGrid)) {
        const std::string key = member.key.substr(0, member.key.size() - kGrid.size()) + "__choice";
        if (node.find(key)) continue;  // which then stays, to be refused
        member.key = key;
        renamed = true;
      }
      choose_from_grids(member.value, renamed);
    }
  }

  JsonNode& spec_;
  std::vector<std::string> changes_;
};

}  // namespace

void refuse_before_4(const JsonNode& spec, std::string_view file) {
  const JsonNode* env = spec.find("env");
  if (env == nullptr || env->elements.size() != 1 || spec.find("body") == nullptr) return;
  env = &env->elements[0];
  if (env->find("max_frame") != nullptr) return;
  for (const std::string_view key : kLengthsBefore4)
    if (const JsonMember* member = env->find_member(key))
      throw SpecError(fmt::format(
          "{}:{}:{}: env.{}: a spec of SLM-Lab 1 to 3, whose keys had other names and meanings than those of 4 and 5 "
          "(training_epoch is training_iter, max_tick is max_frame, ...); write it anew from a shipped spec of the "
          "algorithm (slm-lab names)",
          file, member->position.line, member->position.column, key));
}

std::vector<std::string> upgrade_layout(JsonNode& spec) { return Upgrade(spec).run(); }

std::optional<std::size_t> blank_trailing_commas(std::string& json) {
  std::optional<std::size_t> first;
  std::size_t comma = std::string::npos;  // one behind a value, with nothing but space since
  char before = '\0';                     // the last character that is no space
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      if (!in_string) before = '"';
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    if ((c == '}' || c == ']') && comma != std::string::npos) {
      json[comma] = ' ';
      if (!first) first = comma;
    }
    const bool behind_value = before != '\0' && before != ',' && before != ':' && before != '[' && before != '{';
    comma = c == ',' && behind_value ? i : std::string::npos;
    in_string = c == '"';
    before = c;
  }
  return first;
}

}  // namespace slm
