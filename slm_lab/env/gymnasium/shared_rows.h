#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "slm_lab/env/gymnasium/shared_memory.h"
#include "slm_lab/env/gymnasium_kwargs.h"

namespace slm {

/// How observations lie in shared memory.
enum class ObsNumber { bytes, float32, float64 };
std::size_t size_of(ObsNumber number);

/// What a process of Python and we say to each other about its rows: one array after the other, each from a multiple of
/// 64 bytes on. worker.py writes what ended and what is seen, we write the rest.
class SharedRows {
 public:
  SharedRows(int rows, const GymnasiumFacts& facts, ObsNumber number);

  int rows() const { return rows_; }
  int descriptor() const { return memory_.descriptor(); }
  std::string layout() const;  ///< JSON, for worker.py

  /// A generator of NumPy (PCG64): high and low half of its state and its increment, and what it keeps of a draw.
  static constexpr std::size_t kGeneratorWords = 5;

  // Of one row.
  float* action(int row) const { return at<float>(actions_, row, action_dim_); }
  std::byte* next_obs(int row) const { return at<std::byte>(next_obs_, row, obs_bytes_); }
  std::byte* obs(int row) const { return at<std::byte>(obs_, row, obs_bytes_); }  ///< of a fresh start
  double& reward(int row) const { return *at<double>(rewards_, row, 1); }
  std::uint8_t& terminated(int row) const { return *at<std::uint8_t>(terminated_, row, 1); }
  std::uint8_t& truncated(int row) const { return *at<std::uint8_t>(truncated_, row, 1); }
  std::uint8_t& chosen(int row) const { return *at<std::uint8_t>(chosen_, row, 1); }  ///< to be stepped alone
  std::uint64_t& seed(int row) const { return *at<std::uint64_t>(seeds_, row, 1); }
  std::uint64_t* generator(int row) const { return at<std::uint64_t>(generators_, row, kGeneratorWords); }
  std::uint8_t& generator_is_known(int row) const { return *at<std::uint8_t>(known_, row, 1); }

  std::size_t action_dim() const { return action_dim_; }
  std::size_t obs_bytes() const { return obs_bytes_; }  ///< of one row

 private:
  template <class T>
  T* at(std::size_t column, int row, std::size_t width) const {
    return reinterpret_cast<T*>(memory_.bytes().data() + column) + static_cast<std::size_t>(row) * width;
  }

  int rows_;
  ObsNumber number_;
  bool channels_last_;
  std::size_t action_dim_, obs_bytes_;
  std::size_t size_ = 0;  // of the columns below, which are laid out in this order
  std::size_t actions_, rewards_, seeds_, generators_, terminated_, truncated_, chosen_, known_, next_obs_, obs_;
  SharedMemory memory_;
};

}  // namespace slm
