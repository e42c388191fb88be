#pragma once

#include <Box2D/Dynamics/Contacts/b2Contact.h>
#include <Box2D/Dynamics/b2Fixture.h>
#include <Box2D/Dynamics/b2WorldCallbacks.h>

#include <array>

namespace slm {

/// What both tasks ask of the ground: has the trunk touched it, and does a foot. A foot that loses one of two contacts
/// counts as lifted, as in Gymnasium.
class GroundContacts final : public b2ContactListener {
 public:
  void watch(const b2Body* trunk, std::array<const b2Body*, 2> feet) {
    trunk_ = trunk;
    feet_ = feet;
  }
  bool crashed() const { return crashed_; }
  bool foot(std::size_t i) const { return touches_[i]; }

  void BeginContact(b2Contact* contact) override {
    crashed_ = crashed_ || is_of(contact, trunk_);
    mark(contact, true);
  }
  void EndContact(b2Contact* contact) override { mark(contact, false); }

 private:
  static bool is_of(b2Contact* contact, const b2Body* body) {
    return contact->GetFixtureA()->GetBody() == body || contact->GetFixtureB()->GetBody() == body;
  }
  void mark(b2Contact* contact, bool touches) {
    for (std::size_t i = 0; i < feet_.size(); ++i)
      if (is_of(contact, feet_[i])) touches_[i] = touches;
  }

  const b2Body* trunk_ = nullptr;
  std::array<const b2Body*, 2> feet_{};
  bool crashed_ = false;
  std::array<bool, 2> touches_{};
};

}  // namespace slm
