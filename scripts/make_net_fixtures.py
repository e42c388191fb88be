"""Writes tests/fixtures/net/*.json: what PyTorch computes, for the tests of slm_lab/net to compare with.

Not needed to build or to test. Run it from anywhere with any PyTorch from 1.13 on (Debian: python3-torch):

    python3 scripts/make_net_fixtures.py
"""

import json
import pathlib

import torch
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "net"

ACTIVATIONS = [
    "ReLU", "Tanh", "Sigmoid", "LeakyReLU", "ELU", "SELU", "CELU", "Hardtanh", "ReLU6", "Hardsigmoid", "Softsign",
    "Softshrink", "Hardshrink", "GELU", "SiLU", "Softplus", "Mish", "LogSigmoid", "Hardswish", "Tanhshrink",
]

OPTIMIZERS = [
    ("Adam", {}),
    ("Adam", {"lr": 0.01, "betas": [0.8, 0.95], "eps": 1e-5, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.2, "amsgrad": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"alpha": 0.9, "eps": 1e-5, "momentum": 0.5, "centered": True}),
    ("RMSprop", {"centered": True}),
    ("SGD", {"lr": 1e-3}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.01, "weight_decay": 0.1}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.1, "momentum_decay": 0.01}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.01, "betas": [0.8, 0.95], "weight_decay": 0.1}),
]

LR_SCHEDULES = [
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 5], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("ConstantLR", {"factor": 0.25, "total_iters": 4}),
    ("LinearLR", {"start_factor": 0.5, "end_factor": 0.1, "total_iters": 6}),
    ("PolynomialLR", {"power": 2.0, "total_iters": 6}),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
]

LOSSES = [
    ("MSELoss", {}),
    ("SmoothL1Loss", {}),
    ("SmoothL1Loss", {"beta": 0.5}),
    ("SmoothL1Loss", {"beta": 0.0}),
    ("HuberLoss", {}),
    ("HuberLoss", {"delta": 0.7}),
    ("L1Loss", {}),
]

INITS = [
    "orthogonal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "normal_", "uniform_",
    "trunc_normal_", "zeros_", "ones_", "eye_",
]
GAINS = {"identity": "linear", "relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "selu": "selu",
         "leakyrelu": "leaky_relu"}


def flat(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().reshape(-1).tolist()]


def net_cases(activations=ACTIVATIONS, norm=None):
    """An MLP 3-5-4 with heads of 2 and 1, all parameters and gradients, for every activation."""
    cases = []
    for name in activations:
        torch.manual_seed(0)
        activation = getattr(nn, name)
        layers = [[nn.Linear(3, 5), activation()], [nn.Linear(5, 4), activation()]]
        if norm:
            layers = [[linear, norm(linear.out_features), activation] for linear, activation in layers]
        body = nn.Sequential(*layers[0], *layers[1])
        net = nn.ModuleDict({"body": body, "tails": nn.ModuleList([nn.Linear(4, 2), nn.Linear(4, 1)])})
        with torch.no_grad():  # wide enough to reach every piece of the activation
            for parameter in net.parameters():
                parameter.mul_(3)
                if norm and parameter.dim() == 1:  # gains start at 1 and what they are shifted by at 0
                    parameter.add_(torch.randn_like(parameter))
        x = (2 * torch.randn(6, 3)).requires_grad_()
        d_out = torch.randn(6, 3)
        h = body(x)
        out = torch.cat([tail(h) for tail in net["tails"]], 1)
        (out * d_out).sum().backward()
        parameters = {key: {"shape": list(p.shape), "value": flat(p), "grad": flat(p.grad)}
                      for key, p in net.named_parameters()}
        cases.append({"activation": name.lower(), "x": flat(x), "d_out": flat(d_out), "out": flat(out),
                      "d_x": flat(x.grad), "parameters": parameters})
        if norm is nn.BatchNorm1d:
            cases[-1]["buffers"] = {key: flat(buffer) for key, buffer in net.named_buffers()}
    return cases


def layer_norm_cases():
    return net_cases(["Tanh", "ReLU", "GELU"], nn.LayerNorm)


def batch_norm_cases():
    """In training, from running statistics of 0 and 1; momentum 0.1 and epsilon 1e-5. The running variance is the unbiased one."""
    return net_cases(["Tanh", "ReLU", "GELU"], nn.BatchNorm1d)


def conv_cases():
    """Convolutions (out_channels, kernel, stride, padding, dilation), dense layers, and heads of 2 and 1."""
    cases = []
    for activation, image, convs, dense in [
        ("Tanh", (2, 9, 8), [(3, 3, 2, 0, 1), (5, 2, 1, 1, 1)], [6]),
        ("GELU", (1, 7, 6), [(4, 3, 1, 2, 2)], []),
        ("ReLU", (4, 12, 16), [(5, 8, 4, 0, 1), (18, 2, 1, 0, 1), (3, 1, 1, 0, 1)], [7, 4]),
        ("Sigmoid", (3, 6, 7), [(4, 2, 3, 1, 3), (2, 2, 1, 3, 2)], [5]),
    ]:
        torch.manual_seed(3)
        channels, layers = image[0], []
        for out, kernel, stride, padding, dilation in convs:
            layers += [nn.Conv2d(channels, out, kernel, stride, padding, dilation), getattr(nn, activation)()]
            channels = out
        conv = nn.Sequential(*layers)
        cases.append({"activation": activation.lower(), "image": list(image), "conv_hid_layers": convs,
                      "fc_hid_layers": dense, **image_case(conv, activation, image, dense)})
    return cases


def image_case(conv, activation, image, dense):
    """A net of `conv` and dense layers, on three images."""
    x = torch.randn(3, *image).requires_grad_()
    width, layers = conv(x).flatten(1).shape[1], []
    for out in dense:
        layers += [nn.Linear(width, out), getattr(nn, activation)()]
        width = out
    body = nn.Sequential(*layers)
    net = nn.ModuleDict({"conv": conv, "body": body,
                         "tails": nn.ModuleList([nn.Linear(width, 2), nn.Linear(width, 1)])})
    for module in conv:
        if isinstance(module, nn.BatchNorm2d):  # has seen the images that the layers were measured with
            module.reset_running_stats()
    d_out = torch.randn(3, 3)

    def there_and_back():
        net.zero_grad()
        x.grad = None
        h = body(conv(x).flatten(1))
        out = torch.cat([tail(h) for tail in net["tails"]], 1)
        (out * d_out).sum().backward()
        parameters = {key: {"shape": list(p.shape), "value": flat(p), "grad": flat(p.grad)}
                      for key, p in net.named_parameters()}
        return {"x": flat(x), "d_out": flat(d_out), "out": flat(out), "d_x": flat(x.grad), "parameters": parameters}

    case = there_and_back()
    if buffers := {key: flat(buffer) for key, buffer in net.named_buffers()}:
        net.eval()
        case |= {"buffers": buffers, "in_evaluation": there_and_back()}
    return case


def conv_batch_norm_cases():
    """Convolutions with batch normalisation after the activation of all but the first, once in training, then in evaluation."""
    cases = []
    for activation, image, convs, dense in [
        ("Tanh", (2, 9, 8), [(3, 3, 2, 0, 1), (5, 2, 1, 1, 1), (2, 2, 1, 2, 1)], [6]),
        ("GELU", (1, 7, 6), [(4, 3, 1, 0, 1), (18, 2, 1, 0, 2)], []),
        ("ReLU", (3, 8, 6), [(17, 3, 1, 1, 1), (4, 3, 2, 1, 1)], [5]),
    ]:
        torch.manual_seed(4)
        channels, layers = image[0], []
        for at, (out, kernel, stride, padding, dilation) in enumerate(convs):
            layers += [nn.Conv2d(channels, out, kernel, stride, padding, dilation), getattr(nn, activation)()]
            if at > 0:
                norm = nn.BatchNorm2d(out)
                with torch.no_grad():
                    norm.weight.add_(torch.randn(out))
                    norm.bias.add_(torch.randn(out))
                layers.append(norm)
            channels = out
        conv = nn.Sequential(*layers)
        cases.append({"activation": activation.lower(), "image": list(image), "conv_hid_layers": convs,
                      "fc_hid_layers": dense, **image_case(conv, activation, image, dense)})
    return cases


class Residual(nn.Module):
    """x + conv1(activation(conv0(activation(x))))"""

    def __init__(self, channels, activation):
        super().__init__()
        self.conv0 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.activation = activation

    def forward(self, x):
        return x + self.conv1(self.activation(self.conv0(self.activation(x))))


class Stage(nn.Module):
    def __init__(self, in_channels, channels, activation):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.res_block0 = Residual(channels, activation)
        self.res_block1 = Residual(channels, activation)

    def forward(self, x):
        return self.res_block1(self.res_block0(nn.functional.max_pool2d(self.conv(x), 3, stride=2, padding=1)))


def impala_cases():
    """Of the residual body of IMPALA: an activation whose derivative follows from its output, and one of which it does
    not; sides that are even and odd."""
    cases = []
    for activation, image, channels, dense in [
        ("ReLU", (3, 9, 8), [4, 3], [6]),
        ("GELU", (1, 6, 5), [3], []),
        ("Sigmoid", (2, 11, 7), [2, 5, 3], [5]),
    ]:
        torch.manual_seed(3)
        act, stages = getattr(nn, activation)(), []
        for before, after in zip([image[0], *channels], channels):
            stages.append(Stage(before, after, act))
        cases.append({"activation": activation.lower(), "image": list(image), "channels": channels,
                      "fc_hid_layers": dense, **image_case(nn.Sequential(*stages, act), activation, image, dense)})
    return cases


def nadam_path(start, grads, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, momentum_decay=4e-3):
    """The algorithm as PyTorch documents it, in float64: before 2.0 the code had one factor too many."""
    p = start.double()
    m, v, product = torch.zeros_like(p), torch.zeros_like(p), 1.0
    path = []
    for t, grad in enumerate(grads.double(), 1):
        g = grad + weight_decay * p
        mu, mu_next = (betas[0] * (1 - 0.5 * 0.96 ** (s * momentum_decay)) for s in (t, t + 1))
        product *= mu
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        m_hat = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (1 - product)
        p = p - lr * m_hat / ((v / (1 - betas[1] ** t)).sqrt() + eps)
        path.append(flat(p))
    return path


def optimizer_cases():
    """20 steps of three parameters along given gradients."""
    torch.manual_seed(1)
    start, grads = torch.randn(3), torch.randn(20, 3) * torch.tensor([1.0, 0.01, 30.0])
    cases = []
    for name, settings in OPTIMIZERS:
        if name == "NAdam":
            cases.append({"spec": {"name": name, **settings}, "path": nadam_path(start, grads, **settings)})
            continue
        parameter = nn.Parameter(start.clone())
        optimizer = getattr(torch.optim, name)([parameter], **settings)
        path = []
        for grad in grads:
            parameter.grad = grad.clone()
            optimizer.step()
            path.append(flat(parameter))
        cases.append({"spec": {"name": name, **settings}, "path": path})
    return {"start": flat(start), "grads": [flat(grad) for grad in grads], "cases": cases}


def lr_schedule_cases():
    cases = []
    for name, settings in LR_SCHEDULES:
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.2)
        scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)
        lrs = []
        for _ in range(13):
            lrs.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        cases.append({"spec": {"name": name, **settings}, "lrs": lrs})
    return cases


def loss_cases():
    cases = []
    pred = torch.tensor([0.3, -1.2, 2.0, 0.05, 0.7, -3.0], requires_grad=True)
    target = torch.tensor([0.1, -0.5, -1.5, 0.0, 0.2, -2.0])
    for name, settings in LOSSES:
        pred.grad = None
        loss = getattr(nn, name)(**settings)(pred, target)
        loss.backward()
        cases.append({"spec": {"name": name, **settings}, "pred": flat(pred), "target": flat(target),
                      "loss": float(loss), "d_pred": flat(pred.grad)})
    return cases


def init_cases():
    """Moments of a weight of 300 outputs and 200 inputs, after `init_fn` with the gain of each activation."""
    torch.manual_seed(2)
    cases = []
    for name in INITS:
        with_gain = name.startswith(("orthogonal", "xavier", "kaiming"))
        for ours, torchs in GAINS.items() if with_gain else [("relu", "relu")]:
            init, weight = getattr(nn.init, name), torch.empty(300, 200)
            if name.startswith("kaiming"):
                init(weight, nonlinearity=torchs)
            elif with_gain:
                init(weight, gain=nn.init.calculate_gain(torchs))
            else:
                init(weight)
            cases.append({"init_fn": name, "activation": ours, "mean": float(weight.mean()),
                          "std": float(weight.std()), "largest": float(weight.abs().max())})
    gains = {ours: nn.init.calculate_gain(torchs) for ours, torchs in GAINS.items()}
    linear = nn.Linear(200, 300)
    conv = torch.empty(30, 20, 3, 5)
    nn.init.xavier_uniform_(conv)
    default = {"std": float(linear.weight.std()), "largest": float(linear.weight.abs().max()),
               "bias_std": float(linear.bias.std()), "bias_largest": float(linear.bias.abs().max())}
    return {"gains": gains, "cases": cases, "default": default,
            "xavier_of_a_convolution": {"largest": float(conv.abs().max())}}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in [("nets", net_cases), ("layer_norms", layer_norm_cases),
                       ("batch_norms", batch_norm_cases), ("convs", conv_cases),
                       ("conv_batch_norms", conv_batch_norm_cases), ("impalas", impala_cases), ("optimizers", optimizer_cases),
                       ("lr_schedules", lr_schedule_cases), ("losses", loss_cases), ("inits", init_cases)]:
        (FOLDER / f"{name}.json").write_text(json.dumps(make(), separators=(",", ":")) + "\n")


main()
