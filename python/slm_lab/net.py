"""The forward pass of the nets of slm-lab, in NumPy, from arrays and metadata of a file of weights (docs/data.md)."""
import json
import math

import numpy as np


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def softplus(x):
    return np.logaddexp(0, x)


erf = np.vectorize(math.erf, otypes=[np.float64])

ACTIVATIONS = {  # PyTorch's, with their default parameters
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "leakyrelu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))),
    "celu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "hardtanh": lambda x: np.clip(x, -1, 1),
    "relu6": lambda x: np.clip(x, 0, 6),
    "hardsigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softshrink": lambda x: x - np.clip(x, -0.5, 0.5),
    "hardshrink": lambda x: np.where(np.abs(x) <= 0.5, 0, x),
    "gelu": lambda x: x * 0.5 * (1 + erf(x / math.sqrt(2))),
    "silu": lambda x: x * sigmoid(x),
    "softplus": softplus,
    "mish": lambda x: x * np.tanh(softplus(x)),
    "logsigmoid": lambda x: -softplus(-x),
    "hardswish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "tanhshrink": lambda x: x - np.tanh(x),
}


def activation(name):
    if name not in ACTIVATIONS:
        raise ValueError(f"activation {name}: unknown to this version of the slm_lab module")
    return ACTIVATIONS[name]


def convolve(x, weight, bias, stride, padding, dilation):
    """x (n, in, height, width), weight (out, in, kernel, kernel), bias (out) -> (n, out, height, width)."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    reach = dilation * (weight.shape[2] - 1) + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (reach, reach), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride, ::dilation, ::dilation]  # (n, in, height, width, kernel, kernel)
    return np.einsum("nihwkl,oikl->nohw", windows, weight, optimize=True) + bias[:, None, None]


def largest_of_windows(x):
    """Of 3 x 3 pixels, two pixels apart, beyond whose image nothing is."""
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))[:, :, ::2, ::2].max((4, 5))


STAGE = ["conv", *(f"res_block{block}.conv{at}" for block in (0, 1) for at in (0, 1))]  # in the order that they compute


def normalise(x, name, arrays):
    """Batch normalisation of the channels of x (n, channels, height, width), in evaluation."""
    mean, var, gain, shift = (arrays[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias"))
    return (x - mean) / np.sqrt(var + np.float32(1e-5)) * gain + shift


class Net:
    """The net that acts. Calls return its heads, each (n, width); of a dueling net the action values."""

    def __init__(self, arrays, about):
        kinds = ("MLPNet", "ConvNet", "ImpalaNet", "DuelingMLPNet", "DuelingConvNet", "DuelingImpalaNet")
        if about.get("type") not in kinds:
            raise ValueError(f"net {about.get('type')}: this version of the slm_lab module plays {', '.join(kinds)}")
        self.arrays = arrays
        self.dueling = about["type"].startswith("Dueling")
        self.hidden = activation(about["hid_layers_activation"])
        self.out = [activation(name) for name in json.loads(about["out_layer_activation"])]
        self.convolutions = json.loads(about.get("conv_hid_layers", "[]"))
        self.stages = len(json.loads(about.get("channels", "[]")))
        self.sees_images = bool(self.convolutions or self.stages)
        self.num_dense = len(json.loads(about["fc_hid_layers" if self.sees_images else "hid_layers"]))
        self.layer_norm = about.get("layer_norm") == "true"
        # Of each convolution its place in the arrays' names; behind it its activation and, of all but the first, its normalisation.
        self.batch_norm = about.get("batch_norm") == "true"
        self.places = [3 * at - 1 if self.batch_norm and at else 2 * at for at in range(len(self.convolutions))]
        self.heads = json.loads(about["heads"])
        self.inputs = json.loads(about["inputs"])  # a number, or (channels, height, width)
        self.byte_scale = 1 / 255 if not self.sees_images or about["normalize"] == "true" else 1.0
        self.check(about)

    def check(self, about):
        """Every array that a pass reads is there: better at loading than in an episode."""
        step = 3 if self.layer_norm else 2
        names = [f"conv.{place}" for place in self.places]
        norms = [f"conv.{place + 2}" for place in self.places[1:] if self.batch_norm]
        names += norms
        names += [f"conv.{at}.{layer}" for at in range(self.stages) for layer in STAGE]
        names += [f"body.{step * at + norm}" for at in range(self.num_dense) for norm in range(step - 1)]
        names += ["tails.0"] + (["tails.1"] if self.dueling or about["action"] == "beta" else [])
        arrays = [f"{name}.{kind}" for name in names for kind in ("weight", "bias")]
        arrays += [f"{name}.{kind}" for name in norms for kind in ("running_mean", "running_var")]
        missing = [name for name in arrays if name not in self.arrays]
        if missing:
            raise ValueError(f"no array {missing[0]}, which a {about['type']} like this one needs")

    def linear(self, name, x):
        return x @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"]

    def convolution(self, name, x, stride=1, padding=1, dilation=1):
        return convolve(x, self.arrays[f"{name}.weight"], self.arrays[f"{name}.bias"], stride, padding, dilation)

    def stage(self, name, x):
        """Of residual convolutions (Espeholt et al. 2018, figure 3)."""
        x = largest_of_windows(self.convolution(f"{name}.{STAGE[0]}", x))
        for first, second in zip(STAGE[1::2], STAGE[2::2]):
            x = x + self.convolution(f"{name}.{second}", self.hidden(self.convolution(f"{name}.{first}", self.hidden(x))))
        return x

    def __call__(self, x):
        """x: (n, ...) observations; bytes are scaled as in training."""
        x = x * np.float32(self.byte_scale) if x.dtype == np.uint8 else x.astype(np.float32)
        if self.sees_images:
            x = x.reshape(len(x), *self.inputs)
        for place, (_, _, stride, padding, dilation) in zip(self.places, self.convolutions):
            x = self.hidden(self.convolution(f"conv.{place}", x, stride, padding, dilation))
            if self.batch_norm and place > 0:
                x = normalise(x, f"conv.{place + 2}", self.arrays)
        for at in range(self.stages):
            x = self.stage(f"conv.{at}", x)
        if self.stages:
            x = self.hidden(x)
        x = x.reshape(len(x), -1)
        step = 3 if self.layer_norm else 2
        for at in range(self.num_dense):
            x = self.linear(f"body.{step * at}", x)
            if self.layer_norm:  # it stands between a layer and its activation
                x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
                x = x * self.arrays[f"body.{step * at + 1}.weight"] + self.arrays[f"body.{step * at + 1}.bias"]
            x = self.hidden(x)
        if self.dueling:
            value, advantages = self.linear("tails.0", x), self.linear("tails.1", x)
            return [value + advantages - advantages.mean(1, keepdims=True)]
        heads = [at for at in range(len(self.heads)) if f"tails.{at}.weight" in self.arrays]  # others see no observation
        return [self.out[at](self.linear(f"tails.{at}", x)) if self.out else self.linear(f"tails.{at}", x) for at in heads]
