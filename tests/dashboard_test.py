#!/usr/bin/env python3
"""dashboard_test.py PROGRAM: what slm-lab dashboard answers, and that nothing which a client sends, or a run is called, makes it say
what does not lie in the data folder, hang or end."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from dashboard import Dashboard, train  # noqa: E402

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SECRET = "what nobody but its owner may read"
HOSTILE = "<img src=x onerror=alert(1)>"


def refusals(folder):
    """Errors before anything is served: their exit codes and what they say."""
    def refused(*words):
        result = subprocess.run([PROGRAM, "dashboard", *words], cwd=folder, capture_output=True, text=True, timeout=60)
        assert not result.stdout, result
        return result.returncode, result.stderr
    (folder / "empty").mkdir()
    assert refused("--data", "none") == (2, "none: no such folder; name the one that holds the runs with --data DIR\n")
    assert refused("--data", "empty", "--host", "host.invalid")[0] == 2
    assert refused("--data", "empty", "--host", "192.0.2.1")[0] == 2  # of nobody (RFC 5737)
    assert refused("--data", "empty", "--port", "65536")[0] == 2
    with Dashboard(PROGRAM, folder / "empty") as other:
        code, text = refused("--data", "empty", "--port", str(other.port))
        assert code == 6 and "another program listens there" in text, (code, text)
        assert other.json("/api/runs") == {"data": str(folder / "empty"), "waiting": 0, "runs": []}
        assert other.stop() == 130


def answers(lab, listed):
    """A run, a search, their curves, log and facts."""
    runs = lab.runs()
    listed = {run["name"]: run for run in listed}
    assert runs == listed, "what `list --json` says"
    assert (runs["run"]["state"], runs["run"]["frame"], runs["search"]["kind"], runs["search"]["trials"]) == ("done", 3000, "search", 4), runs
    curves = lab.json("/api/curves?run=run&run=search&metric=total_reward")
    assert [(line["run"], line["name"]) for line in curves["lines"][:2]] == [("run", "s0"), ("run", "s1")]
    assert [line["name"] for line in curves["lines"][2:4]] == ["t0_s0", "t1_s0"]
    assert curves["lines"][0]["points"][-1][0] == 3000 and curves["points"] > 30 and "loss" in curves["metrics"], curves
    part = lab.json("/api/curves?run=run&metric=total_reward&from=1000&to=1400")
    assert [x for x, _ in part["lines"][0]["points"]] == [800, 1000, 1200, 1400, 1600], part
    assert lab.json("/api/curves?run=run&metric=none")["lines"][0]["points"] == []
    page = lab.json("/api/run?name=search")
    assert [table["title"] for table in page["tables"]] == ["Trials, the best first", "Stopped early"], page["tables"]
    assert len(page["tables"][0]["rows"]) == 4
    assert [text["title"] for text in lab.json("/api/run?name=run")["texts"]] == ["Spec", "Manifest"]
    assert "s1 | frame      3000" in (text := lab.json("/api/log?name=run")["text"]), text
    assert lab.json("/api/log?name=run&trial=7") == {"text": ""}
    for path in ("/", "/chart.js", "/dashboard.js", "/report.css", "/dashboard.css"):
        status, head, body = lab.get(path)
        assert status == 200 and "Content-Security-Policy: default-src 'none'; script-src 'self';" in head and body, head
    assert lab.get("/", method="HEAD")[2] == b""


def live(lab, data):
    """What happens in the folder is told."""
    events = lab.events()
    lab.json("/api/runs")
    shutil.copytree(data / "run", data / "copy")
    event = next(events)
    while not event["runs"]:  # it may be looked at while it is copied
        event = next(events)
    assert [run["name"] for run in event["runs"]] == ["copy"], event
    shutil.rmtree(data / "copy")
    while event["removed"] != ["copy"]:
        event = next(events)
    assert "copy" not in lab.runs()


def hostile_files(lab, data, folder):
    """Runs that are called, or hold, what should do harm."""
    (folder / "secret.txt").write_text(SECRET)
    for name in (HOSTILE, "..%2f..%2fsecret.txt", "a\nevent: runs", "\udcff\udcfe"):
        shutil.copytree(data / "run", data / name)
    os.symlink(folder / "secret.txt", data / HOSTILE / "log/linked.log")
    log = data / HOSTILE / "log/a2c_gae_cartpole_t0.log"
    log.unlink()
    os.symlink(folder / "secret.txt", log)
    csv = next((data / HOSTILE / "info").glob("*s0_session_df_train.csv"))
    csv.write_text(csv.read_text().replace(",entropy,", f",{HOSTILE},", 1))
    csv = next((data / HOSTILE / "info").glob("*s1_session_df_train.csv"))
    csv.unlink()
    os.mkfifo(csv)  # nobody writes there: who reads it waits
    lab.runs(HOSTILE, "..%2f..%2fsecret.txt", "a\nevent: runs", "\ufffd\ufffd")
    linked = lab.json("/api/log?name=%3Cimg%20src=x%20onerror=alert(1)%3E")
    assert "symbolic link" in linked["problem"] and SECRET not in json.dumps(linked), linked
    curves = lab.json("/api/curves?run=%3Cimg%20src=x%20onerror=alert(1)%3E&metric=total_reward")
    assert HOSTILE in curves["metrics"] and "not a regular file" in curves["problems"][0], curves


def requests():
    """5,000 that no browser would send; always the same ones."""
    draw = random.Random(0)
    ups = ["..", "%2e%2e", "%252e%252e", ".%2e", "..%2f", "..%5c", "..\\", "%c0%ae%c0%ae", "%00", "..;", "....//", "%uff0e"]
    targets = ["secret.txt", "etc/passwd", "run/manifest.json", "data/run/run.lock", "api/run", "proc/self/environ"]
    methods = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "G\0T", "PROPFIND"]
    hosts = ["127.0.0.1", "localhost", "evil.example", "localhost.evil.example", "", "127.0.0.1:99999999", "a b", "[::1", "xn--a", "127.0.0.1\r\nHost: localhost"]
    for i in range(5000):
        up = "/".join(draw.choice(ups) for _ in range(draw.randint(1, 8)))
        path = draw.choice(["/{}/{}", "/api/run?name={}/{}", "/api/log?name=run&trial={}/{}", "/api/curves?run={}/{}&metric=loss", "//{}/{}", "{}/{}", "http://evil.example/{}/{}",
                            "/api/log?name=run/{}/{}", "/api/curves?run=run&metric={}{}&from=nan&to=inf&width=1e999"]).format(up, draw.choice(targets))
        lines = [f"{draw.choice(methods)} {path} {draw.choice(['HTTP/1.1'] * 6 + ['HTTP/1.0', 'HTTP/9.9', 'X', ''])}", f"Host: {draw.choice(hosts)}"]
        if i % 7 == 0:
            lines.append("X: " + "a" * draw.choice([100, 9000, 20000, 300000]))
        if i % 11 == 0:
            lines += [f"H{n}: {n}" for n in range(draw.choice([50, 101, 4000]))]
        if i % 13 == 0:
            lines += ["Content-Length: 18446744073709551616", "Transfer-Encoding: chunked", "Expect: 100-continue"]
        request = "\r\n".join(lines).encode() + b"\r\n\r\n"
        if i % 17 == 0:
            request = bytes(draw.randrange(256) for _ in range(draw.randint(1, 400))) + b"\r\n\r\n"
        if i % 19 == 0:
            request += b"\xff" * 100000
        yield request


def hostile_requests(lab):
    seen = set()
    for request in requests():
        answer = lab.raw(request)
        status = answer[9:12]
        seen.add(status)
        assert not answer or answer.startswith(b"HTTP/1.1 "), (request[:200], answer[:200])
        assert status in (b"", b"200", b"400", b"404", b"405", b"421", b"431", b"505"), (request[:200], answer[:200])
        assert SECRET.encode() not in answer and b"root:" not in answer and b'"starts"' not in answer, (request[:200], answer[:2000])
        own_host = any(line in request for line in (b"Host: 127.0.0.1\r\n", b"Host: localhost\r\n")) and b"Host: 127.0.0.1\r\nHost" not in request
        assert own_host or status != b"200", (request[:200], answer[:200])
    assert {b"200", b"400", b"404", b"405", b"421", b"431", b"505"} <= seen, seen
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "2130706433"):
        for path in ("/", "/api/runs", "/api/events"):
            assert lab.get(path, host)[0] == 421, (host, path)


def slow_clients(lab):
    """50 that ask for a long answer and do not take it, or do not ask to the end: nobody waits for them."""
    slow = [lab.connect() for _ in range(50)]
    for i, connection in enumerate(slow):
        connection.sendall([b"GET /dashboard.js HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /api/runs HTTP/1.1\r\nHost: loc",
                            b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n", b"", b"G"][i % 5])
    assert "run" in lab.runs()
    assert len(lab.json("/api/curves?run=run")["lines"]) == 2
    crowd = [lab.connect() for _ in range(600)]  # more than it serves: those that came first make room
    assert "run" in lab.runs()
    for connection in slow + crowd:
        connection.close()
    assert "run" in lab.runs()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        refusals(folder)
        data = folder / "data"
        train(PROGRAM, data, "run")
        train(PROGRAM, data, "search", "--override", "meta.max_trial=4", "--override", 'meta.search_scheduler={"grace_period":600,"reduction_factor":2}', mode="search")
        before = sorted((str(p), p.lstat().st_mtime_ns) for p in data.rglob("*"))
        listed = json.loads(subprocess.run([PROGRAM, "list", "--json", "--data", data], check=True, capture_output=True, text=True).stdout)
        with Dashboard(PROGRAM, data) as lab:
            answers(lab, listed)
            assert before == sorted((str(p), p.lstat().st_mtime_ns) for p in data.rglob("*")), "it only reads"
            live(lab, data)
            hostile_files(lab, data, folder)
            hostile_requests(lab)
            slow_clients(lab)
            assert lab.stop() == 130


if __name__ == "__main__":
    main()
