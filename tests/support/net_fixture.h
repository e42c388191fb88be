#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/matrix.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/net/activation.h"
#include "slm_lab/net/net.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm {

/// What PyTorch computed: tests/fixtures/net/<name>.json, written by scripts/make_net_fixtures.py.
inline JsonNode fixture(const std::string& name) {
  const std::string path = source_dir() + "/tests/fixtures/net/" + name + ".json";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return parse_json(text.str(), path);
}

inline std::vector<float> floats(const JsonNode& array) {
  std::vector<float> values;
  for (const JsonNode& element : array.elements) values.push_back(static_cast<float>(element.number));
  return values;
}

inline Matrix matrix(const JsonNode& array, Eigen::Index cols) {
  const std::vector<float> values = floats(array);
  return Eigen::Map<const Matrix>(values.data(), static_cast<Eigen::Index>(values.size()) / cols, cols);
}

inline Vector vector(const JsonNode& array) {
  const std::vector<float> values = floats(array);
  return Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

inline std::vector<float> elements(const ConstMatrixRef& m) {
  const Matrix copy = m;
  return {copy.data(), copy.data() + copy.size()};
}

inline Activation activation_named(const std::string& name) {
  for (const ActivationEntry& entry : kActivations)
    if (entry.name == name) return entry.value;
  ADD_FAILURE() << "no activation " << name;
  return Activation::identity;
}

/// What a net computes and what PyTorch did: sums of up to some hundred products in float, in another order, of values
/// up to some tens.
inline void expect_near(const std::vector<float>& actual, const std::vector<float>& expected, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (std::size_t i = 0; i < actual.size(); ++i)
    EXPECT_NEAR(actual[i], expected[i], 2e-5f * (1 + std::abs(expected[i]))) << what << " " << i;
}

/// Gives the net the parameters of the case, by the names that both have.
inline void take_pytorchs_parameters(const JsonNode& c, Net& net) {
  const std::vector<JsonMember>& torchs = c.find("parameters")->members;
  auto torch = torchs.begin();
  for (const Tensor& tensor : net.parameters().tensors) {
    if (tensor.is_buffer) continue;
    ASSERT_NE(torch, torchs.end());
    EXPECT_EQ(tensor.name, torch->key);
    EXPECT_EQ(std::vector<float>(tensor.shape.begin(), tensor.shape.end()), floats(*torch->value.find("shape")));
    write_tensor(tensor, floats(*torch++->value.find("value")), net.parameters().values);
  }
  EXPECT_EQ(torch, torchs.end());
  net.parameters_changed();
}

/// Outputs `out` of the images or rows of the case, and all gradients, are those of the case.
inline void expect_pytorchs_outputs_and_gradients(const JsonNode& c, const ConstMatrixRef& out, Net& net) {
  const Matrix d_out = matrix(*c.find("d_out"), net.out_dim());
  expect_near(elements(out), floats(*c.find("out")), "out");
  net.backward(d_out);
  for (const Tensor& tensor : net.parameters().tensors)
    if (!tensor.is_buffer)
      expect_near(read_tensor(tensor, net.parameters().grads),
                  floats(*c.find("parameters")->find(tensor.name)->find("grad")), tensor.name);
  expect_near(elements(net.backward_input(d_out)), floats(*c.find("d_x")), "d_x");
}

inline void expect_equal_to_pytorchs(const JsonNode& c, Net& net) {
  take_pytorchs_parameters(c, net);
  const Matrix x = matrix(*c.find("x"), net.in_dim());
  expect_near(elements(net.infer(x)), floats(*c.find("out")), "infer");
  expect_pytorchs_outputs_and_gradients(c, net.forward(x), net);
}

/// Of a net that normalises over batches, at its first one; the running statistics then are those of the case too.
inline void expect_equal_to_pytorchs_in_training(const JsonNode& c, Net& net) {
  take_pytorchs_parameters(c, net);
  const Matrix x = matrix(*c.find("x"), net.in_dim());
  expect_pytorchs_outputs_and_gradients(c, net.forward_in_training(x), net);
  for (const Tensor& tensor : net.parameters().tensors)
    if (tensor.is_buffer)
      expect_near(read_tensor(tensor, net.parameters().values), floats(*c.find("buffers")->find(tensor.name)),
                  tensor.name);
}

inline Matrix random_matrix(Eigen::Index rows, Eigen::Index cols, Rng& rng) {
  Matrix m(rows, cols);
  for (float& x : m.reshaped<Eigen::RowMajor>()) x = static_cast<float>(rng.standard_normal());
  return m;
}

/// What `read` makes of an object of a spec; every key must be legal.
template <class Read>
auto read_spec(const JsonNode& object, Read read) {
  SpecReport report("test.json");
  SpecReader reader(&object, "net", report);
  auto config = read(reader);
  EXPECT_NO_THROW(report.throw_if_problems());
  return config;
}
template <class Read>
auto read_spec(const std::string& text, Read read) {
  return read_spec(parse_json(text, "test.json"), read);
}

/// The messages that reading `text` leads to, one per line; empty when it is legal.
template <class Read>
std::string problems(const std::string& text, Read read) {
  const JsonNode object = parse_json(text, "test.json");
  SpecReport report("test.json");
  SpecReader reader(&object, "net", report);
  read(reader);
  std::string lines;
  for (const SpecFinding& finding : report.problems()) lines += report.line(finding) + "\n";
  return lines;
}

}  // namespace slm
