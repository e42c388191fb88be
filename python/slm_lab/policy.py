"""A trained policy as a function from observations to actions: `slm_lab.load_policy(DIR)`."""
import json

import numpy as np

from slm_lab.net import Net, softplus
from slm_lab.weights import find_weights, read_weights


def load_policy(where, session=None, last=False):
    """The policy of a run folder, as `slm-lab enjoy` plays it: the best weights of the best session, or of `session`;
    with `last` those of the end. `where` may also be a model folder or a file of weights. Nothing in them is executed.

    Raises FileNotFoundError where there are none and ValueError for what is damaged or unknown.
    """
    file = find_weights(where, session, last)
    arrays, metadata = read_weights(file)
    try:
        return Policy(arrays, metadata)
    except (KeyError, ValueError) as error:
        what = f"no {error} in its header" if isinstance(error, KeyError) else error
        raise ValueError(f"{file}: {what}") from None


def bounds(text):
    return np.float32(json.loads(text.replace("inf", "Infinity")))


class Policy:
    """Calls take an observation of the environment, as Gymnasium gives it, and return the action without exploration.

    Normalisation, the heads of the net, squashing and clipping are the file's. Where the policy sees several frames
    (`frames` > 1) it keeps the last ones itself: call reset() when an episode starts.
    """

    def __init__(self, arrays, metadata):
        self.metadata = metadata          #: all that the file says, docs/data.md has the keys
        self.env = metadata["env"]        #: the environment's id, for gymnasium.make
        self.algorithm = metadata["algorithm"]
        self.frames = int(metadata.get("frame_op_len", 1))
        self.net = Net(arrays, metadata)
        self.size = int(np.prod(self.net.inputs))  # of all that the net sees
        self.kept = None
        self.action = metadata["action"]
        if self.action not in ("argmax", "argmax of means", "clip", "clip to [-1, 1]", "tanh", "beta"):
            raise ValueError(f"action {self.action}: unknown to this version of the slm_lab module")
        if self.action == "argmax of means":  # of returns, which are distributed over these
            self.returns = np.linspace(float(metadata["v_min"]), float(metadata["v_max"]), int(metadata["num_atoms"]))
        elif self.action != "argmax":
            self.low, self.high = bounds(metadata["action_low"]), bounds(metadata["action_high"])
        self.normalises = metadata["normalize_obs"] == "true"
        if self.normalises:
            self.mean = arrays["env_statistics.obs.mean"]
            self.deviation = np.sqrt(arrays["env_statistics.obs.var"] + 1e-8)
            self.clip = float(metadata.get("clip_obs", "inf"))

    def reset(self):
        """An episode starts: forgets the frames of the one before."""
        self.kept = []

    def __call__(self, obs):
        """The action for one observation: a number, or an array (action_dim)."""
        obs = np.asarray(obs)
        if self.frames > 1 and obs.size * self.frames == self.size:
            obs = self.stack(obs)
        return self.batch(obs[None])[0]

    def stack(self, obs):
        """The last frames, oldest first; at the start of an episode copies of its first one."""
        if self.kept is None:
            raise ValueError("this policy sees several frames: call its reset() when an episode starts")
        self.kept = self.kept[1:] + [obs] if self.kept else [obs] * self.frames
        return np.stack(self.kept)

    def batch(self, obs):
        """The actions for (n, ...) observations, of several frames each where the policy sees them."""
        obs = np.asarray(obs)
        if obs[:1].size != self.size and len(obs):
            raise ValueError(f"an observation of {obs[:1].size} numbers ({obs.shape[1:]}); this policy of {self.env} sees {self.size}")
        if self.normalises:
            x = obs.reshape(len(obs), -1).astype(np.float32)
            obs = np.clip(((x - self.mean) / self.deviation).astype(np.float32), -self.clip, self.clip)
        return self.action_of(self.net(obs))

    def action_of(self, heads):
        y = heads[0]
        if self.action == "argmax":
            return y.argmax(1)
        if self.action == "argmax of means":
            y = y.reshape(len(y), -1, len(self.returns))  # (n, num_actions, num_atoms)
            powers = np.exp(y - y.max(2, keepdims=True))
            return (powers @ self.returns / powers.sum(2)).argmax(1)
        if self.action == "clip":
            return np.clip(y, self.low, self.high).astype(np.float32)
        if self.action == "beta":
            alpha, beta = 1 + softplus(y), 1 + softplus(heads[1])
            unit = alpha / (alpha + beta)
        else:  # -1 is the lower bound, 1 the upper one
            unit = ((np.tanh(y) if self.action == "tanh" else np.clip(y, -1, 1)) + 1) / 2
        return (self.low + unit * (self.high - self.low)).astype(np.float32)
