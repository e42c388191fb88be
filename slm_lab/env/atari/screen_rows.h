#pragma once

#include <array>
#include <cstdint>

namespace slm {

/// What is done to one row of a screen, 160 pixels wide, in plain C++ or with the processor's AVX2: the same bits.
class ScreenRows {
 public:
  static constexpr int kWidth = 160, kNarrow = 84;
  enum class With { the_best, plain_code };

  /// `gray`: of each of the 128 colours.
  explicit ScreenRows(const std::uint8_t* gray, With with = With::the_best);

  // A pixel of a screen is twice its colour.
  void to_gray(const std::uint8_t* screen, std::uint8_t* gray) const;
  void to_brighter_gray(const std::uint8_t* one, const std::uint8_t* other, std::uint8_t* gray) const;
  /// The mean over the columns under each of 84, as OpenCV's INTER_AREA adds them.
  void narrow(const std::uint8_t* gray, float* out) const;

 private:
  static constexpr int kReach = 3;  // columns of which a narrow one covers a part, at most

  // Eight narrow columns at once: the bytes that each weighs lie in 16 of a row. The last group repeats some of the
  // group before, since 84 is no multiple of 8.
  static constexpr int kLanes = 8, kGroups = 11, kWindow = 16;
  struct Group {
    int target;
    std::array<int, kReach> window;  // where 16 bytes begin
    std::array<std::array<std::uint8_t, kWindow>, kReach> pick;
  };

  bool avx2_;
  std::array<std::uint8_t, 256> gray_of_;                    // by twice the colour
  std::array<std::uint8_t, 128> gray_;                       // by colour
  std::array<int, kNarrow> first_{};                         // column under a narrow one
  std::array<std::array<float, kNarrow>, kReach> weight_{};  // of it and the two after it
  std::array<Group, kGroups> groups_{};

  void to_gray_avx2(const std::uint8_t* one, const std::uint8_t* other, std::uint8_t* gray) const;
  void narrow_avx2(const std::uint8_t* gray, float* out) const;
};

}  // namespace slm
