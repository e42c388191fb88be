"""What the tests and the measurement of the dashboard share: a dashboard that runs, its answers, and a browser to click in."""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SPEC = ROOT / "slm_lab/spec/benchmark/a2c/a2c_gae_cartpole.json"


def train(program, data, name, *words, mode="train", frames=3000):
    """A run of seconds in `data`."""
    subprocess.run([program, "run", SPEC, "a2c_gae_cartpole", mode, "--data", data, "--name", name, "--override", f"env.max_frame={frames}",
                    "--override", "meta.log_frequency=200", "--sessions", "2", "--threads", "2", *words], check=True, capture_output=True, timeout=300)


class Dashboard:
    """slm-lab dashboard on a port of its own."""

    def __init__(self, program, data, *words):
        self.process = subprocess.Popen([program, "dashboard", "--data", data, "--port", "0", *words], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), self.process.communicate()
        self.port = int(self.url.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def raw(self, request):
        """All that comes back for these bytes."""
        with self.connect() as connection:
            answer = b""
            try:
                connection.sendall(request)
                while part := connection.recv(65536):
                    answer += part
            except ConnectionError:  # it may end one that says too much
                pass
        return answer

    def get(self, path, host="127.0.0.1", method="GET"):
        """Status, head and body."""
        answer = self.raw(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), head.decode(), body

    def json(self, path):
        status, _, body = self.get(path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def runs(self, *names):
        """All of them by name, once all are read and these are among them."""
        while True:
            answer = self.json("/api/runs")
            runs = {run["name"]: run for run in answer["runs"]}
            if not answer["waiting"] and runs.keys() >= set(names):
                return runs

    def events(self):
        """The data of each event from now on, as they come."""
        connection = self.connect()
        connection.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return (json.loads(line[6:]) for line in connection.makefile() if line.startswith("data: "))


class Browser:
    """Headless Chromium, spoken to over a pipe (Chrome DevTools Protocol), so that no client of it need be installed."""

    def __init__(self, width=1400, height=900):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        ask, self.to = os.pipe()
        self.back, answer = os.pipe()

        def pipes():
            ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (ask, answer)]
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            [chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run",
             "--disable-background-networking", f"--user-data-dir={self.profile.name}", "about:blank"],
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": self.profile.name})
        os.close(ask)
        os.close(answer)
        self.number, self.session, self.answers, self.news = 0, None, {}, threading.Condition()
        self.said = []  # what the page wrote to its console, and what went wrong in it
        threading.Thread(target=self._read, daemon=True).start()
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(domain + ".enable")
        self.size(width, height)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ask("Browser.close")  # killed, it would leave its children behind, which write on into the profile
        self.process.wait(timeout=60)
        os.close(self.to)
        self.profile.cleanup()

    def _read(self):
        with os.fdopen(self.back, "rb", closefd=True) as pipe:
            text = b""
            while part := pipe.read1(65536):
                text += part
                *whole, text = text.split(b"\0")
                for message in map(json.loads, whole):
                    with self.news:
                        if "id" in message:
                            self.answers[message["id"]] = message
                        elif message["method"] in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Page.javascriptDialogOpening"):
                            self.said.append(message)
                        self.news.notify_all()

    def ask(self, method, **parameters):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        with self.news:
            assert self.news.wait_for(lambda: number in self.answers, timeout=120), method
            answer = self.answers.pop(number)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def js(self, expression):
        """The value of an expression in the page; of a promise, what it comes to."""
        result = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, (expression, result)
        return result["result"].get("value")

    def open(self, url):
        self.ask("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def until(self, condition, seconds=60):
        """Waits in the page until the expression holds."""
        held = self.js(f"""new Promise(done => {{
          const end = performance.now() + {seconds * 1000};
          const look = () => {{ let holds = false; try {{ holds = {condition}; }} catch (error) {{}}
            if (holds) done(true); else if (performance.now() > end) done(false); else setTimeout(look, 10); }};
          look(); }})""")
        assert held, (condition, self.js("document.body.innerText")[:2000], self.said)

    def click(self, selector, modifiers=0):
        x, y = self.js(f"""(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: "nearest"}});
          const box = e.getBoundingClientRect(); return [box.x + Math.min(box.width / 2, 60), box.y + box.height / 2]; }})()""")
        self.mouse("mousePressed", x, y, modifiers)
        self.mouse("mouseReleased", x, y, modifiers)

    def mouse(self, kind, x, y, modifiers=0):
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1, modifiers=modifiers)

    def key(self, key):
        code = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, " ": 32}.get(key, 0)
        text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def size(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def dark(self, is_dark=True):
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

    def picture(self, file):
        import base64
        pathlib.Path(file).write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))


def chromium():
    """The program; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
