#!/usr/bin/env python3
"""scripts/measure_dashboard.py PROGRAM [FOLDER]: how fast slm-lab dashboard is in headless Chromium with 5,000 runs and with 1,000,000
points, and what a run pays for being watched. Makes what it needs in FOLDER (500 MB; default: a temporary one)."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from dashboard import SPEC, Browser, Dashboard, chromium, train  # noqa: E402

RUNS, LONG_RUNS, POINTS = 5000, 10, 1_000_000
PAIRS, SECONDS = 16, 6
SMALL = {"info", "manifest.json"}  # what is copied of a run, beside its specs and metrics


def make(program, folder):
    if (folder / "many").exists():
        return
    train(program, folder, "one")
    few = lambda here, names: [n for n in names if pathlib.Path(here) == folder / "one" and n not in SMALL and not n.endswith(".json")]  # noqa: E731
    for number in range(RUNS):
        shutil.copytree(folder / "one", folder / f"partial/run_{number:04}", ignore=few)
    for number in range(LONG_RUNS):
        target = folder / f"partial/long_{number}"
        shutil.copytree(folder / "one", target, ignore=few)
        tables = list((target / "info").glob("*df_train.csv"))
        for table in tables:
            head, *rows = table.read_text().splitlines()
            at = head.split(",").index("frame")
            fields = [row.split(",") for row in rows]
            with open(table, "w") as out:
                out.write(head + "\n")
                for i in range(POINTS // LONG_RUNS // len(tables)):
                    row = list(fields[(i * 7 + i // 100) % len(fields)])
                    row[at] = str(200 * (i + 1))
                    out.write(",".join(row) + "\n")
    os.rename(folder / "partial", folder / "many")


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def milliseconds(values):
    return f"median {statistics.median(values):.0f} ms, {min(values):.0f} to {max(values):.0f} of {len(values)}"


def measure_list(page, url):
    taken = []
    for _ in range(10):
        page.open(url)
        page.until("window.shown_after > 0")
        taken.append(page.js("window.shown_after"))
    print(f"{RUNS + LONG_RUNS} runs listed, from the page's start to the picture: {milliseconds(taken)}")
    taken = page.js("""(async () => { const taken = []; for (const w of ["42", "done a2c", "", "99"]) { const s = performance.now(); $("filter").value = w; update_list();
        document.body.offsetHeight; taken.push(performance.now() - s); } $("filter").value = ""; update_list(); return taken; })()""")
    print(f"the list filtered: {milliseconds(taken)}")


def measure_curves(page, lab, metrics):
    for metric, what in metrics:
        before = processor_seconds(lab.process)
        taken = page.js(f"""(async () => {{ const s = performance.now();
            overlaid.clear(); overlay([...runs.keys()].filter(n => n.startsWith("long_")), true); open_run = "long_0"; $("detail").hidden = false; $("panes").classList.add("open");
            if (![...$("metric").options].some(o => o.value === "{metric}")) $("metric").append(new Option("{metric}", "{metric}"));
            $("metric").value = "{metric}"; await ask_curves(); await new Promise(requestAnimationFrame); return [performance.now() - s, curve_data.points]; }})()""")
        print(f"{taken[1]} points overlaid, {what}: {taken[0]:.0f} ms, of which the program had the processor for "
              f"{1000 * (processor_seconds(lab.process) - before):.0f} ms")


def measure_live(program, data, lab):
    """From a row of a table to the event that tells it; rows are a second or two apart."""
    name, taken = "train_live", []
    words = ["--sessions", "1", "--threads", "1", "--override", "env.max_frame=100000000", "--override", "meta.log_frequency=1000000"]
    process = subprocess.Popen([program, "run", SPEC, "a2c_gae_cartpole", "train", "--data", data, "--name", name, *words], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    for event in lab.events():
        for run in event["runs"]:
            if run["name"] == name and run["frame"]:
                taken.append(1000 * (time.time() - next((data / name / "info").glob("*df_train.csv")).stat().st_mtime))
        if len(taken) >= 10:
            break
    process.terminate()
    process.wait()
    shutil.rmtree(data / name)
    print(f"a row written, the event that tells it: {milliseconds(taken)}")


def frames_of_a_run(program, data, name):
    process = subprocess.Popen([program, "run", SPEC, "a2c_gae_cartpole", "train", "--data", data, "--name", name, "--sessions", "1", "--threads", "1",
                                "--override", "env.max_frame=100000000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list((data / name / "info").glob("*df_train.csv")):
        time.sleep(0.01)
    time.sleep(SECONDS)
    process.terminate()
    process.wait()
    table = next((data / name / "info").glob("*df_train.csv")).read_text().splitlines()
    last = dict(zip(table[0].split(","), table[-1].split(","), strict=True))
    shutil.rmtree(data / name)
    return float(last["frame"])


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    if not chromium():
        sys.exit("no chromium on this machine: apt-get install chromium")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else temporary)
        folder.mkdir(exist_ok=True)
        make(program, folder)
        data = folder / "many"
        with Dashboard(program, data) as lab:
            start = time.monotonic()
            while lab.json("/api/runs")["waiting"]:
                time.sleep(0.5)
            print(f"all runs read for the first time: {time.monotonic() - start:.1f} s, {processor_seconds(lab.process):.1f} s of processor")
            with Browser() as page:
                page.ask("Page.addScriptToEvaluateOnNewDocument", source="""new MutationObserver((_, o) => { if (document.querySelectorAll("tr.row").length > 5) {
                    o.disconnect(); requestAnimationFrame(() => { window.shown_after = performance.now(); }); } }).observe(document, {childList: true, subtree: true});""")
                measure_list(page, lab.url)
                measure_curves(page, lab, [("total_reward", "read for the first time"), ("total_reward", "again"), ("loss", "another quantity"), ("loss", "again")])
            measure_live(program, data, lab)
            ratios, cost = [], []
            for pair in range(PAIRS):
                frames = {}
                for watched in sorted((True, False), reverse=bool(pair % 2)):  # in turns, so that what drifts falls out
                    events = lab.events() if watched else None  # as a page has it open
                    before = processor_seconds(lab.process)
                    frames[watched] = frames_of_a_run(program, data, f"train_{pair}_{watched}")
                    if events:
                        cost.append((processor_seconds(lab.process) - before) / SECONDS)
                        events.close()
                ratios.append(frames[True] / frames[False])
            quarters = statistics.quantiles(ratios, n=4)
            print(f"frames of a run in {SECONDS} s, watched against alone: {quarters[1] - 1:+.1%} ({quarters[0] - 1:+.1%} to {quarters[2] - 1:+.1%}, the middle "
                  f"half of {PAIRS} pairs); the dashboard takes {statistics.median(cost):.2%} of a core meanwhile, with {RUNS + LONG_RUNS} runs in the list")


if __name__ == "__main__":
    main()
