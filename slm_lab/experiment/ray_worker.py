"""What runs on a node of a Ray cluster for ray_driver.py: a session of slm-lab, as a child. Where the node does not see the
run folder, the session's files go there before it starts and come back when it has ended, whatever its end."""
import contextlib
import fcntl
import glob
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

FENCE_SECONDS = 90  # Ray may take a minute to end what runs on a node that it has given up
SCRATCH = "slm-lab-session-"


class Worker:
    """Runs sessions, one at a time, as its children. They end with it."""
    child = None

    def run(self, command, token, files=None):
        """Yields ("line", what the session reports)... and ("ended", its exit code); first of all ("elsewhere", this node)
        where it needs `files` and has none, and ("files", what became of them) before the end where it has."""
        program, node = command["argv"][0], socket.gethostname()
        if not os.path.exists(program):
            raise FileNotFoundError(f"node {node} has no {program}: all nodes need it, by this name")
        if files is None:
            if not holds(command["fence"], token):
                yield "elsewhere", node
                return
            yield from self.run_in(command)
            return
        with scratch_folder() as scratch:
            put(scratch, files)
            begin = stamps(scratch)
            for kind, value in self.run_in({**command, **moved(command, scratch)}):
                if kind == "ended":
                    kind, value, end = "files", changes(scratch, begin), (kind, value)
                yield kind, value
        yield end  # with nothing left here: this process may be killed when it is heard

    def run_in(self, command):
        with open(command["log"], "ab") as prints, open(command["fence"], "ab") as alone:
            wait_until_alone(alone)
            reports, end = os.pipe()
            self.child = subprocess.Popen([*command["argv"], f"--report={end}", f"--parent={os.getpid()}"],
                                          stdin=subprocess.PIPE, stdout=prints, stderr=prints,
                                          pass_fds=(end, alone.fileno()), env={**os.environ, "RAY_AUTH_TOKEN": ""})
            os.close(end)
        yield "started", self.child.pid
        with os.fdopen(reports, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                yield "line", line.rstrip("\n")
        code = self.child.wait()
        os.unlink(command["fence"])
        yield "ended", code

    def answer(self, text):
        with contextlib.suppress(BrokenPipeError):  # it has ended meanwhile
            os.write(self.child.stdin.fileno(), text.encode())

    def signal(self, number):
        self.child.send_signal(number)


def wait_until_alone(file):
    """The child inherits the lock: as long as a copy of the session lives, here or elsewhere, no other one starts."""
    deadline = time.monotonic() + FENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.2)
        except OSError:
            return  # this storage knows no locks
    raise RuntimeError(f"{file.name}: another copy of this session still runs")


def holds(file, token):
    try:
        return pathlib.Path(file).read_text(encoding="ascii", errors="replace") == token
    except OSError:
        return False


def moved(command, scratch):
    """The command with its run folder there."""
    def there(word):
        return word.replace(command["folder"], scratch)
    program, *words = command["argv"]
    return {"argv": [program, *map(there, words)], "log": there(command["log"]), "fence": there(command["fence"])}


@contextlib.contextmanager
def scratch_folder():
    """A new one, and without those that workers left behind when they were killed: nobody holds their locks. A folder is made
    when its lock is held, so that one without a folder is somebody's who begins."""
    for folder in glob.glob(os.path.join(tempfile.gettempdir(), SCRATCH + "*")):
        with contextlib.suppress(OSError), open(folder + ".lock", "rb") as lock:  # a lock has none
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            os.unlink(lock.name)
    with tempfile.NamedTemporaryFile(prefix=SCRATCH, suffix=".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = lock.name.removesuffix(".lock")
        os.mkdir(folder, 0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def files_of(folder, session):
    """{path: bytes} of what a session ("t2_s0") reads in a run folder: specs, the manifest, what it has written before."""
    root, trial = pathlib.Path(folder), session.partition("_")[0]
    its_own = re.compile(rf"(.*_)?{session}(_.*)?")
    of_run = re.compile(rf"manifest\.json|(?!.*_t\d+_spec).*_spec\.json|.*_{trial}_spec\.json")
    paths = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    return {str(path): (root / path).read_bytes() for path in paths
            if (len(path.parts) == 1 and of_run.fullmatch(path.name)) or any(map(its_own.fullmatch, path.parts))}


def put(folder, files):
    for inside in ("graph", "info", "log", "model"):
        os.makedirs(os.path.join(folder, inside), exist_ok=True)
    for name, data in files.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(data)
        part.replace(path)


def stamps(folder):
    root = pathlib.Path(folder)
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


def changes(folder, begin):
    """What differs from the stamps of the beginning: {path: bytes}, and None for those that are gone."""
    now = stamps(folder)
    changed = {name: pathlib.Path(folder, name).read_bytes() for name, stamp in now.items() if begin.get(name) != stamp}
    return {**changed, **dict.fromkeys(begin.keys() - now.keys())}


def keep(folder, changed):
    """The other way round: takes into the run folder what a session has changed elsewhere. Logs are those of all sessions of a
    trial: they grow. A result, by which a session counts as done, comes last of the files; what is gone goes after it, or a
    kill between would leave half a checkpoint and not the one before."""
    folder = pathlib.Path(folder)
    for name in (name for name in changed if name.endswith(".log")):
        with open(folder / name, "ab") as log:
            log.write(changed[name])
    put(folder, {name: changed[name] for name in sorted(changed, key=lambda name: name.endswith("_session_result.json"))
                 if changed[name] is not None and not name.endswith(".log")})
    for name in (pathlib.Path(name) for name, data in changed.items() if data is None):
        (folder / name).unlink(missing_ok=True)
        for within in [*name.parents][:-2]:  # below graph, info, log and model, which stay
            with contextlib.suppress(OSError):  # others are in it
                (folder / within).rmdir()
