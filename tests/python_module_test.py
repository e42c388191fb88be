"""The nets of the module of Python (python/slm_lab) against what PyTorch computed, and what it says of wrong files."""
import json
import pathlib
import struct
import sys
import tempfile
import unittest

import numpy as np
import safetensors.numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
import slm_lab  # noqa: E402
from slm_lab.net import ACTIVATIONS, Net  # noqa: E402
from slm_lab.weights import checksum  # noqa: E402

ABOUT = {"type": "MLPNet", "inputs": "2", "hid_layers": "[]", "hid_layers_activation": "relu", "heads": "[2]",
         "out_layer_activation": "[]", "action": "argmax", "env": "CartPole-v1", "algorithm": "PPO", "normalize_obs": "false"}
ARRAYS = {"tails.0.weight": np.float32([[1, 0], [0, 1]]), "tails.0.bias": np.float32([0, 0])}  # the larger of two numbers


def write(folder, arrays=ARRAYS, name="policy.safetensors", **changes):
    about = {key: value for key, value in {**ABOUT, **changes}.items() if value is not None}
    file = pathlib.Path(folder, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    safetensors.numpy.save_file(arrays, file, {"sha256": checksum(arrays, about), **about})
    return file


class Nets(unittest.TestCase):
    def test_they_compute_what_pytorch_computes(self):
        seen = set()
        for kind in ("nets", "layer_norms", "convs", "conv_batch_norms", "impalas"):
            for case in json.loads((ROOT / f"tests/fixtures/net/{kind}.json").read_text()):
                case |= case.get("in_evaluation", {})
                arrays = {name: np.float32(array["value"]).reshape(array["shape"]) for name, array in case["parameters"].items()}
                arrays |= {name: np.float32(values) for name, values in case.get("buffers", {}).items()}
                image, dense = case.get("image", [3]), json.dumps(case.get("fc_hid_layers", [5, 4]))
                about = {**ABOUT, "hid_layers_activation": case["activation"], "heads": "[2, 1]", "inputs": json.dumps(image), "hid_layers": dense}
                if kind == "conv_batch_norms":
                    about["batch_norm"] = "true"
                if "conv_hid_layers" in case:
                    about.update(type="ConvNet", conv_hid_layers=json.dumps(case["conv_hid_layers"]), fc_hid_layers=dense, normalize="false")
                if kind == "impalas":
                    about.update(type="ImpalaNet", channels=json.dumps(case["channels"]), fc_hid_layers=dense, normalize="false")
                if kind == "layer_norms":
                    about["layer_norm"] = "true"
                heads = Net(arrays, about)(np.float32(case["x"]).reshape(-1, *image))
                np.testing.assert_allclose(np.hstack(heads).ravel(), case["out"], rtol=2e-5, atol=2e-6, err_msg=f"{kind} {case['activation']}")
                seen.add(case["activation"])
        self.assertEqual(seen | {"identity"}, set(ACTIVATIONS))

    def test_bytes_are_seen_as_in_training(self):
        net = Net(ARRAYS, ABOUT)
        np.testing.assert_allclose(net(np.uint8([[255, 51]]))[0], [[1, 0.2]], rtol=1e-6)
        np.testing.assert_array_equal(net(np.float64([[255, 51]]))[0], [[255, 51]])


class Actions(unittest.TestCase):
    def act(self, obs, **changes):
        with tempfile.TemporaryDirectory() as folder:
            arrays = {**ARRAYS, "tails.1.weight": np.zeros((2, 2), "f4"), "tails.1.bias": np.zeros(2, "f4")}
            bounds = {"heads": "[2, 2]", "action_low": "[-2, 0]", "action_high": "[2, 1]"}
            return slm_lab.load_policy(write(folder, arrays, **bounds, **changes))(obs)

    def test_each_kind_by_hand(self):
        self.assertEqual(self.act([1, 3]), 1)
        # Returns of 0 and 4: 1/4 and 3/4 of them are 3, 1/2 of each 2, though the one largest logit is of the latter.
        arrays = {"tails.0.weight": np.zeros((4, 2), "f4"), "tails.0.bias": np.float32([0, np.log(3), 9, 9])}
        with tempfile.TemporaryDirectory() as folder:
            about = {"heads": "[4]", "action": "argmax of means", "num_atoms": "2", "v_min": "0", "v_max": "4"}
            self.assertEqual(slm_lab.load_policy(write(folder, arrays, **about))([5, 5]), 0)
        np.testing.assert_allclose(self.act([-5, 0.5], action="clip"), [-2, 0.5])
        np.testing.assert_allclose(self.act([-5, 0.5], action="clip to [-1, 1]"), [-2, 0.75])
        np.testing.assert_allclose(self.act([0.5, -9], action="tanh"), [2 * np.tanh(0.5), 0], atol=1e-6)
        # alpha = 1 + ln(1 + e^0) = 1.693; of e^x = 3 it is 1 + ln 4 = 2.386: 2.386 / (2.386 + 1.693) = 0.58496
        np.testing.assert_allclose(self.act([0, np.log(3)], action="beta"), [0, 0.58496], atol=1e-5)
        np.testing.assert_allclose(self.act([7, 0], action="clip", out_layer_activation='["relu6", "relu"]'), [2, 0])

    def test_observations_are_normalised_and_clipped(self):
        arrays = {**ARRAYS, "env_statistics.obs.mean": np.float64([10, 10]), "env_statistics.obs.var": np.float64([4, 100])}
        with tempfile.TemporaryDirectory() as folder:
            policy = slm_lab.load_policy(write(folder, arrays, normalize_obs="true", clip_obs="0.5", action="clip",
                                               action_low="[-inf, -3]", action_high="[inf, 3]"))
        np.testing.assert_allclose(policy([10.4, 100]), [0.2, 0.5], rtol=1e-6)
        np.testing.assert_allclose(policy.batch([[10.4, 100], [0, 10]]), [[0.2, 0.5], [-0.5, 0]], rtol=1e-6)

    def test_frames_are_kept_oldest_first_from_the_start_of_an_episode(self):
        with tempfile.TemporaryDirectory() as folder:
            policy = slm_lab.load_policy(write(folder, frame_op="concat", frame_op_len="2"))
        with self.assertRaisesRegex(ValueError, "reset"):
            policy([1.0])
        policy.reset()
        self.assertEqual([policy([x]) for x in (3.0, 4.0, 2.0)], [0, 1, 0])
        policy.reset()
        self.assertEqual(policy([5.0]), 0, "2 and 5 if the episode before were not forgotten")
        self.assertEqual(policy([5.0, 6.0]), 1, "both frames")


class WrongFiles(unittest.TestCase):
    def refusal(self, where, **options):
        with self.assertRaises((ValueError, FileNotFoundError)) as caught:
            slm_lab.load_policy(where, **options)
        return str(caught.exception)

    def test_each_is_refused_with_its_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("no weights in it", self.refusal(folder))
            self.assertIn("no such folder", self.refusal(folder + "/nothing"))
            for changes, reason in (({"type": "RecurrentNet"}, "net RecurrentNet"), ({"hid_layers_activation": "swish"}, "activation swish"),
                                    ({"action": "sample"}, "action sample"), ({"env": None}, "no 'env' in its header"),
                                    ({"hid_layers": "[64]"}, "no array body.0.weight")):
                self.assertIn(reason, self.refusal(write(folder, **changes)))
            self.assertIn("not finite", self.refusal(write(folder, {**ARRAYS, "tails.0.bias": np.float32([0, np.nan])})))
            file = write(folder)
            content = file.read_bytes()
            for at in (len(content) - 1, content.index(b"CartPole")):
                file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
                self.assertIn("damaged", self.refusal(file))
            file.write_bytes(content[:-1])
            self.assertIn("no readable safetensors", self.refusal(file))
            file.write_bytes(struct.pack("<Q", 2) + b"{}")
            self.assertIn("without a checksum", self.refusal(file))
            with self.assertRaisesRegex(ValueError, "3 numbers"):
                slm_lab.load_policy(write(folder))([1, 2, 3])

    def test_the_best_session_is_chosen_unless_one_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            for session, score, env in ((0, "1.5", "A"), (1, "20", "B"), (2, "9", "C")):
                write(folder, name=f"model/x_t0_s{session}_ckpt-best_net_model.safetensors", env=env, total_reward_ma=score)
                write(folder, name=f"model/x_t0_s{session}_net_model.safetensors", env=f"last {env}")
                table = pathlib.Path(folder, f"info/x_t0_s{session}_session_df_train.csv")
                table.parent.mkdir(exist_ok=True)
                table.write_text("frame,total_reward_ma\n1,99\n2,%d\n" % (5 - session))
            self.assertEqual(slm_lab.load_policy(folder).env, "B")
            self.assertEqual(slm_lab.load_policy(folder, session=2).env, "C")
            self.assertEqual(slm_lab.load_policy(folder, last=True).env, "last A")
            self.assertIn("has the sessions [0, 1, 2]", self.refusal(folder, session=3))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
