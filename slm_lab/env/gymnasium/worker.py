"""A process of the bridge to Gymnasium: it holds some rows of one environment and steps them when it is told.

It is part of the program (worker_source.h) and started by it: `python -c THIS PARENT_PID`, with a socket as descriptor 3
and shared memory as descriptor 4. Messages on the socket are described in protocol.h; arrays are in the shared memory, at
the places that the parent names.
"""

import ctypes
import difflib
import importlib
import importlib.util
import json
import math
import mmap
import os
import signal
import struct
import sys
import traceback

SOCKET, MEMORY = 3, 4

MOST_ACTIONS = 2**24  # an action comes as a float32
MOST_STEPS = 2**31 - 1


def end_with_parent(parent):
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before
        os._exit(0)


def receive(size):
    data = b""
    while len(data) < size:
        part = os.read(SOCKET, size - len(data))
        if not part:  # the parent is gone, or has no more to say
            os._exit(0)
        data += part
    return data


def receive_json():
    return json.loads(receive(struct.unpack("<I", receive(4))[0]))


def send(data):
    view = memoryview(data)
    while view:
        view = view[os.write(SOCKET, view) :]


def send_text(text):
    send(struct.pack("<I", len(text)) + text)


def send_json(value):
    send_text(json.dumps(value).encode())


class Refusal(Exception):
    """What the user has to mend: `key` is the key of the spec that it belongs to."""

    def __init__(self, key, text):
        super().__init__(text)
        self.key = key


def in_words(error):
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def import_module(name):
    """Of an importable name, or of a file that ends in .py."""
    if not name.endswith(".py"):
        importlib.import_module(name)
        return
    stem = os.path.splitext(os.path.basename(name))[0]
    found = importlib.util.spec_from_file_location(stem, name)
    sys.modules[stem] = module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)


def register(wanted):
    if not wanted["module"]:
        return
    try:
        import_module(wanted["module"])
    except BaseException as error:
        traceback.print_exc()
        raise Refusal("module", f"cannot be imported: {in_words(error)}") from error


def make(gymnasium, wanted):
    """As gymnasium.make(id, **kwargs), in the wrappers that the spec names."""
    kwargs = {"disable_env_checker": True, **wanted["kwargs"]}
    try:
        env = gymnasium.make(wanted["id"], **kwargs)
        if wanted["drawn"] and "rgb_array" in env.metadata.get("render_modes", []):
            env.close()
            env = gymnasium.make(wanted["id"], **{"render_mode": "rgb_array", **kwargs})
    except (gymnasium.error.UnregisteredEnv, gymnasium.error.DeprecatedEnv) as error:
        near = difflib.get_close_matches(wanted["id"], list(gymnasium.registry), n=1)
        hint = f"; did you mean gymnasium:{near[0]}?" if near else ""
        told = str(error).split(" Did you mean")[0].rstrip(". ")
        raise Refusal(
            "name",
            f"no such environment in Gymnasium {gymnasium.__version__} of {sys.executable}{hint} "
            f"({told}; of a package of others? name what registers it: module)",
        ) from error
    except ModuleNotFoundError as error:  # the id is module:ID
        traceback.print_exc()
        raise Refusal("name", f"gymnasium.make fails: {in_words(error)}") from error
    except Exception as error:
        traceback.print_exc()
        key = "kwargs" if wanted["kwargs"] else "name"
        raise Refusal(key, f"gymnasium.make fails: {in_words(error)}") from error
    for name in wanted["wrappers"]:
        module, _, attribute = name.partition(":")
        try:
            env = getattr(importlib.import_module(module), attribute)(env)
        except Exception as error:
            traceback.print_exc()
            raise Refusal("wrappers", f"{name} fails: {in_words(error)}") from error
    return env


def single(numpy, numbers):
    with numpy.errstate(over="ignore"):
        return numpy.asarray(numbers).astype(numpy.float32)


def bounds(numpy, numbers):
    """One number where all are the same; infinities as JSON knows none."""
    values = single(numpy, numbers).ravel()
    same = (values == values[0]).all()
    texts = [x if math.isfinite(x) else str(x) for x in (values[:1] if same else values).tolist()]
    return texts[0] if same else texts


def is_bounded(numpy, action):
    """Also as single precision has it, and its width, by which actions are rescaled."""
    low, high = single(numpy, action.low), single(numpy, action.high)
    with numpy.errstate(over="ignore", invalid="ignore"):
        return bool(numpy.isfinite(high - low).all())


def limit_of(env):
    """TimeLimit's, with 0 for none."""
    limit = max(int(env.spec.max_episode_steps or 0), 0) if env.spec else 0
    if limit > MOST_STEPS:
        raise Refusal("name", f"has episodes of {limit} steps (max_episode_steps); expected at most {MOST_STEPS}")
    return limit


def describe(gymnasium, numpy, env):
    spaces = gymnasium.spaces
    obs, action = env.observation_space, env.action_space
    if not isinstance(obs, spaces.Box):
        raise Refusal(
            "name",
            f"observes {obs}; expected a Box (a wrapper may make one of it, in `wrappers`: "
            "gymnasium.wrappers:FlattenObservation, say)",
        )
    if obs.dtype.kind not in "fiub" or (obs.dtype.kind == "f" and obs.dtype.itemsize > 8):
        raise Refusal("name", f"observes {obs.dtype}; expected numbers")
    if not obs.shape or 0 in obs.shape:
        raise Refusal("name", f"observes an array of shape {obs.shape}; expected at least one number along an axis")
    if isinstance(action, spaces.Discrete):
        if action.n > MOST_ACTIONS:
            raise Refusal("name", f"acts in {action}; expected at most {MOST_ACTIONS} actions")
        told_action = {"kind": "discrete", "n": int(action.n)}
    elif isinstance(action, spaces.Box) and action.dtype.kind == "f" and action.shape and 0 not in action.shape:
        if not is_bounded(numpy, action):
            raise Refusal(
                "name",
                f"acts in {action}; expected finite bounds, in float32 too "
                "(gymnasium.wrappers:ClipAction and others set them)",
            )
        told_action = {
            "kind": "box", "size": int(numpy.prod(action.shape)),
            "low": bounds(numpy, action.low), "high": bounds(numpy, action.high),
        }
    else:
        raise Refusal("name", f"acts in {action}; expected a Discrete space or a Box of floats")
    is_bytes = obs.dtype == numpy.uint8
    told_obs = {"shape": list(obs.shape), "bytes": is_bytes, "float64": obs.dtype == numpy.float64}
    if not is_bytes:  # which are known to lie in 0 to 255
        told_obs.update(low=bounds(numpy, obs.low), high=bounds(numpy, obs.high))
    return {"obs": told_obs, "action": told_action, "max_episode_steps": limit_of(env)}


class Rows:
    """The environments of this process, and their places in the shared memory."""

    def __init__(self, numpy, envs, layout):
        self.numpy, self.envs = numpy, envs
        self.unwrapped = [env.unwrapped for env in envs]
        n = len(envs)
        memory = mmap.mmap(MEMORY, layout["bytes"])

        def column(name, dtype, *shape):
            size = int(numpy.prod((n, *shape)))
            return numpy.frombuffer(memory, dtype, size, layout[name]).reshape((n, *shape))

        obs, action = envs[0].observation_space, envs[0].action_space
        self.obs_shape = obs.shape
        # Pixels come as (height, width, channels), and lie in memory as (channels, height, width): see image.h.
        shape = (obs.shape[2], *obs.shape[:2]) if layout["channels_last"] else obs.shape
        places = [column(name, layout["dtype"], *shape) for name in ("next_obs", "obs")]
        if layout["channels_last"]:
            places = [numpy.moveaxis(place, 1, -1) for place in places]
        self.next_obs, self.obs = ([place[i] for i in range(n)] for place in places)

        self.is_discrete = hasattr(action, "n")
        size = 1 if self.is_discrete else int(numpy.prod(action.shape))
        self.actions = column("actions", "f4", size)
        self.action_shape, self.action_dtype = action.shape, action.dtype
        self.start = int(action.start) if self.is_discrete else 0
        self.rewards = memoryview(column("rewards", "f8"))
        self.terminated = memoryview(column("terminated", "u1"))
        self.truncated = memoryview(column("truncated", "u1"))
        self.chosen = memoryview(column("chosen", "u1"))
        self.seeds = column("seeds", "u8")
        self.generators = column("generators", "u8", 5)
        self.known = memoryview(column("known", "u1"))
        self.row = 0  # that is being worked on, for messages
        self.doing = ""

    def write(self, place, obs):
        numpy = self.numpy
        if type(obs) is not numpy.ndarray:
            obs = numpy.asarray(obs)
        if obs.shape != self.obs_shape:
            raise ValueError(f"an observation has the shape {obs.shape}, and its space {self.obs_shape}")
        numpy.copyto(place, obs, casting="same_kind")

    def save_generator(self, i):
        """What Gymnasium draws from, as it stands before a reset; an environment may have none."""
        try:
            state = self.unwrapped[i].np_random.bit_generator.state
            numbers = state["state"]
            low = (1 << 64) - 1
            self.generators[i] = (
                numbers["state"] >> 64, numbers["state"] & low, numbers["inc"] >> 64, numbers["inc"] & low,
                state["has_uint32"] << 32 | state["uinteger"],
            )
            self.known[i] = state["bit_generator"] == "PCG64"
        except Exception:
            self.known[i] = 0

    def set_generator(self, i):
        a, b, c, d, kept = (int(x) for x in self.generators[i])
        bits = self.numpy.random.PCG64(0)
        bits.state = {
            "bit_generator": "PCG64", "state": {"state": a << 64 | b, "inc": c << 64 | d},
            "has_uint32": kept >> 32, "uinteger": kept & 0xFFFFFFFF,
        }
        try:
            self.unwrapped[i].np_random = self.numpy.random.Generator(bits)
        except AttributeError:  # it lets nobody
            pass

    def start_episode(self, i):
        self.save_generator(i)
        self.write(self.obs[i], self.envs[i].reset()[0])

    def seed(self):
        """All that an environment may draw from is seeded; Gymnasium's own generator then is the given one."""
        self.doing = "reset"
        for self.row in range(len(self.envs)):
            i = self.row
            obs = self.envs[i].reset(seed=int(self.seeds[i]))[0]
            if self.known[i]:
                self.set_generator(i)
                self.start_episode(i)
            else:
                self.write(self.obs[i], obs)

    def reset_chosen(self):
        self.doing = "reset"
        for self.row, chosen in enumerate(self.chosen):
            if chosen:
                self.start_episode(self.row)

    def step_row(self, i):
        if self.is_discrete:
            action = int(self.actions[i, 0]) + self.start
        else:
            action = self.actions[i].astype(self.action_dtype).reshape(self.action_shape)
        obs, reward, terminated, truncated, _ = self.envs[i].step(action)
        self.write(self.next_obs[i], obs)
        self.rewards[i] = float(reward)
        self.terminated[i] = terminated = bool(terminated)
        self.truncated[i] = truncated = bool(truncated)
        return terminated or truncated

    def step(self):
        for i in range(len(self.envs)):
            self.row, self.doing = i, "step"
            if self.step_row(i):
                self.doing = "reset"
                self.start_episode(i)

    def step_chosen(self):
        """For repeating an episode: no row starts another."""
        self.doing = "step"
        for self.row, chosen in enumerate(self.chosen):
            if chosen:
                self.step_row(self.row)

    def draw(self):
        """The first row as a picture: what is told of it, and its bytes. A film wants even sides."""
        self.row, self.doing = 0, "render"
        env = self.envs[0]
        picture = env.render() if env.render_mode == "rgb_array" else None
        if picture is None:
            return {"width": 0, "height": 0, "frames_per_second": 0}, b""
        picture = self.numpy.asarray(picture)
        if picture.dtype != self.numpy.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"a picture is {picture.dtype} {picture.shape}; expected uint8 (height, width, 3)")
        height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
        told = {"width": width, "height": height, "frames_per_second": float(env.metadata.get("render_fps") or 30)}
        return told, picture[:height, :width].tobytes()

    def close(self):
        for env in self.envs:
            env.close()


def main():
    end_with_parent(int(sys.argv[1]))
    sys.argv = ["-c"]  # as for a module that is imported
    os.set_inheritable(SOCKET, False)
    wanted = receive_json()
    try:
        import gymnasium
        import numpy
    except ImportError as error:
        send_json({"refused": "python", "text": in_words(error)})
        return
    try:
        register(wanted)
        env = make(gymnasium, wanted)
        send_json(describe(gymnasium, numpy, env))
    except Refusal as refusal:
        send_json({"refused": refusal.key, "text": str(refusal)})
        return
    layout = receive_json()  # where the spec was only read there is none, and no memory either
    os.set_inheritable(MEMORY, False)
    rows = None
    try:
        envs = [env] + [make(gymnasium, wanted) for _ in range(1, layout["rows"])]
        rows = Rows(numpy, envs, layout)
        commands = {b"s": rows.step, b"p": rows.step_chosen, b"n": rows.reset_chosen, b"r": rows.seed, b"d": rows.draw}
        send(b"k")
        while True:
            command = os.read(SOCKET, 1)
            if not command:
                break
            picture = commands[command]()
            os.write(SOCKET, b"k")
            if picture:
                send_json(picture[0])
                send_text(picture[1])
    except BaseException as error:
        traceback.print_exc()
        sys.stderr.flush()
        send(b"e")
        send_json({
            "row": rows.row if rows else 0, "doing": rows.doing if rows else "make", "text": in_words(error),
            "missing": isinstance(error, gymnasium.error.DependencyNotInstalled),
        })
        return
    rows.close()


main()
