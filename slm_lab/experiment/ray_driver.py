"""Runs sessions of slm-lab on a Ray cluster. slm-lab (ray_executor.cc) starts it, and ends it by the end of its input.

It is told  {"do": "start", "job": 3, "argv": [...], "folder": RUN_FOLDER, "session": "t2_s0", "log": FILE,
             "fence": FILE, "needs": {"cpu": 1, "gpu": 0, ...}}   the files lie in the folder
            {"do": "answer", "job": 3, "text": "5000\n"}   for the session's standard input
            {"do": "stop", "job": 3, "signal": 15}
and tells   {"event": "ready", "nodes": [{"cpu": 4, "gpu": 0, "memory": 1e9}]}
            {"event": "refused", "code": 8, "text": ...}   nothing can run here: it ends
            {"event": "line", "job": 3, "text": ...}       what the session reported
            {"event": "waits", "job": 3, "text": ...}      no node has what it needs, at the moment
            {"event": "ended", "job": 3, "code": 0}        negative: the signal that ended it
            {"event": "lost", "job": 3, "text": ...}       its worker is gone, and the session with it
"""
import contextlib
import json
import math
import os
import secrets
import shutil
import signal
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True  # beside the source
import ray_worker  # noqa: E402, after that

CONNECT_SECONDS, START_SECONDS = 12, 60  # to a cluster; of a Ray of our own
IDLE_SECONDS = 2  # that a worker is kept for the next session: a new one takes half a second of processor time
RESOURCES = {"cpu": "CPU", "gpu": "GPU", "memory": "memory"}  # and Ray's names of them
DEFECT, MISSING, IO, REMOTE = 1, 3, 4, 8  # exit codes of slm-lab (slm_lab/base/error.h)

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
lines_out, telling = os.fdopen(os.dup(1), "w", buffering=1), threading.Lock()
os.dup2(2, 1)  # Ray prints on standard output


def tell(event, **fields):
    with telling:
        lines_out.write(json.dumps({"event": event, **fields}) + "\n")


def refuse(code, text):
    tell("refused", code=code, text=" ".join(text.split()))
    os._exit(code)


class Workers:
    """Those of this search. An idle one keeps its place on its node for a moment, for the next session."""

    def __init__(self, ray):
        self.ray, self.remote, self.changing = ray, ray.remote(ray_worker.Worker), threading.Lock()
        self.idle = []  # (since when, needs, worker)

    def take(self, needs):
        """Returns a worker, and whether it is new."""
        with self.changing:
            for row in (row for row in self.idle if row[1] == needs):
                self.idle.remove(row)
                return row[2], False
        self.end_idle(0)  # they hold what the new one needs
        cpu, gpu = (amount if amount <= 1 else math.ceil(amount) for amount in (needs["cpu"], needs["gpu"]))
        options = {"num_cpus": cpu, "num_gpus": gpu, "memory": needs["memory"], "max_restarts": 0}
        return self.remote.options(**options, max_task_retries=0, max_concurrency=2).remote(), True

    def give_back(self, needs, worker):
        with self.changing:
            self.idle.append((time.monotonic(), needs, worker))

    def end_idle(self, seconds):
        with self.changing:
            old = [row for row in self.idle if time.monotonic() - row[0] >= seconds]
            self.idle = [row for row in self.idle if row not in old]
        for _, _, worker in old:
            self.ray.kill(worker)


class Job(threading.Thread):
    """A session from its start to its end."""

    def __init__(self, ray, workers, command):
        super().__init__(daemon=True)
        self.ray, self.workers, self.command = ray, workers, command
        self.placed, self.started, self.stopped, self.changing = False, False, 0, threading.Lock()
        self.number, self.needs = command["job"], command["needs"]
        self.ask_at = time.monotonic() + 5  # for a node that could run it
        self.token = secrets.token_hex(16)  # in the fence: a node that reads it sees the run folder
        self.worker, self.is_new = workers.take(self.needs)

    def run(self):
        try:
            with open(self.command["fence"], "w", encoding="ascii") as fence:
                fence.write(self.token)
            code = self.follow()
            with contextlib.suppress(FileNotFoundError):  # one that sees it has removed it
                os.unlink(self.command["fence"])
        except self.ray.exceptions.RayTaskError as error:  # ours on the node
            return refuse(REMOTE, str(error.cause))
        except self.ray.exceptions.RayError as error:
            return tell("lost", job=self.number, text=f"its worker is gone ({str(error).partition(chr(10))[0]})")
        except OSError as error:  # on this machine
            return refuse(IO, str(error))
        except Exception as error:  # without an end of this session slm-lab would wait for ever
            return refuse(DEFECT, repr(error))
        self.workers.give_back(self.needs, self.worker)
        return tell("ended", job=self.number, code=code)

    def follow(self, files=None):
        """Returns the exit code. `files`: for a node that does not see the run folder."""
        code = None  # counts when nothing follows: a node that goes down ends its children first
        command = self.command
        try:
            for item in self.worker.run.remote(command, self.token, files):
                (kind, value), self.placed = self.ray.get(item), True
                if kind == "started":
                    self.begins()
                elif kind == "line":
                    tell("line", job=self.number, text=value)
                elif kind == "elsewhere":
                    return self.follow(ray_worker.files_of(command["folder"], command["session"]))
                elif kind == "files":
                    ray_worker.keep(command["folder"], value)
                elif kind == "ended":
                    code = value
        except self.ray.exceptions.RayActorError:
            if self.is_new or self.started or self.stopped:
                raise
            self.worker, self.is_new = self.workers.take(self.needs)  # it had gone while it was idle
            return self.follow(files)
        return code

    def answer(self, text):
        """One that does not arrive would leave the session waiting: it is lost then."""
        sent = self.worker.answer.remote(text).future()
        sent.add_done_callback(lambda sent: sent.exception() is None or self.ray.kill(self.worker))

    def begins(self):
        with self.changing:
            self.started = True
            if self.stopped:
                self.worker.signal.remote(self.stopped)

    def stop(self, number):
        """One that a node has taken is told once it runs: its files are to come back."""
        with self.changing:
            self.stopped = number
            if number == signal.SIGKILL or not self.placed:
                self.ray.kill(self.worker)
            elif self.started:
                self.worker.signal.remote(number)


def machines(ray):
    return [{name: node["Resources"].get(ray_name, 0) for name, ray_name in RESOURCES.items()}
            for node in ray.nodes() if node["Alive"]]


def watch(ray, workers, jobs):
    """Ends workers that nobody needs, and says when a session waits for a node that is not there."""
    while True:
        time.sleep(0.5)
        waiting = [job for job in list(jobs.values()) if job.is_alive() and not job.started]
        workers.end_idle(0 if waiting else IDLE_SECONDS)
        for job in (job for job in waiting if time.monotonic() > job.ask_at):
            job.ask_at = math.inf
            if not any(all(node[name] >= job.needs[name] for name in node) for node in machines(ray)):
                tell("waits", job=job.number, text="waits: no node of the cluster has what it needs, now")


def probe(address):
    """Ray would wait for ten minutes and more where nobody listens."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except ValueError:
        refuse(REMOTE, f"{address}: expected HOST:PORT, the head of a Ray cluster that this machine is in")
    except (OSError, OverflowError) as error:
        refuse(REMOTE, f"{address}: no Ray cluster answers there ({error})")


def connect(address, scratch, cpus):
    """Returns the module ray, connected."""
    options = {"address": address or "local", "log_to_driver": False, "logging_level": "ERROR"}
    if address:
        probe(address)
        if "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ:
            os.environ.setdefault("RAY_AUTH_MODE", "token")  # or Ray would not send it
    else:  # for this machine and this user alone
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(16), RAY_worker_niceness="0",
                          RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0")
        options.update(num_cpus=cpus, include_dashboard=False, object_store_memory=100_000_000, _temp_dir=scratch)
    name, seconds = address or "Ray", CONNECT_SECONDS if address else START_SECONDS
    late = threading.Timer(seconds, refuse, (REMOTE, f"{name}: not connected after {seconds} s; is this machine a node "
                                             "of the cluster, and does it want a token (RAY_AUTH_TOKEN_PATH)?"))
    late.start()
    try:
        import ray
        ray.init(**options)
        ray.cloudpickle.register_pickle_by_value(ray_worker)  # nodes need no file of ours but the program
    except ImportError as error:
        refuse(MISSING, f"Ray cannot be loaded ({error}); install it with: ./slm-lab setup ray")
    except Exception as error:  # Ray's own are of many kinds
        refuse(REMOTE, f"{name}: {error}")
    late.cancel()
    return ray


def main():
    address, scratch, cpus = sys.argv[1:]  # HOST:PORT, or empty for a Ray of its own; that has this folder and so many
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # slm-lab decides who stops
    ray = connect(address, scratch, int(cpus))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # only now: Ray has set its own
    workers, jobs = Workers(ray), {}
    threading.Thread(target=watch, args=(ray, workers, jobs), daemon=True).start()
    tell("ready", nodes=machines(ray))
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "start":
            jobs[command["job"]] = Job(ray, workers, command)
            jobs[command["job"]].start()
        elif command["do"] == "answer":
            jobs[command["job"]].answer(command["text"])
        else:
            jobs[command["job"]].stop(command["signal"])
    ray.shutdown()
    shutil.rmtree(scratch, ignore_errors=True)  # slm-lab may have been killed
    os._exit(0)  # threads may still wait for their sessions, which are gone


if __name__ == "__main__":
    main()
