#!/usr/bin/env python3
"""dashboard_browser_test.py PROGRAM: the pages of slm-lab dashboard in headless Chromium, by clicks and keys. Exit code 77: there is no
Chromium here."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from dashboard import SPEC, Browser, Dashboard, chromium, train  # noqa: E402

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
HOSTILE = "<img src=x onerror=alert(1)>"
NAMES = "[...document.querySelectorAll('tr.row')].map(r => r.cells[1].textContent)"


def lists_filters_and_sorts(page):
    page.until("document.querySelectorAll('tr.row').length === 4")
    assert sorted(page.js(NAMES)) == sorted([HOSTILE, "one", "search", "two"])
    page.key("/")
    page.type("SEARCH done")
    page.until("document.querySelectorAll('tr.row').length === 1")
    assert page.js("document.getElementById('number').textContent") == "1 of 4"
    page.type(" nowhere")
    page.until("document.getElementById('message').textContent === 'no run matches'")
    page.key("Escape")
    page.until("document.querySelectorAll('tr.row').length === 4")
    page.click("#head th:nth-child(2) button")
    assert page.js(NAMES) == [HOSTILE, "one", "search", "two"]
    page.click("#head th:nth-child(2) button")
    assert page.js(NAMES) == ["two", "search", "one", HOSTILE]
    page.click("#head th:nth-child(2) button")


def row(name):
    return f"tr.row:has(input[aria-label='curves of {name}'])"


def overlays_and_zooms(page):
    page.click(row("one") + " td:nth-child(2)")
    page.until("lines.length === 3 && document.getElementById('name').textContent === 'one'")  # two sessions and their mean
    page.click(row("two") + " input")
    page.until("lines.length === 6")
    assert page.js("[...document.querySelectorAll('#legend button')].map(b => b.textContent)") == ["one", "two"]
    assert page.js("new Set(lines.map(l => l.color)).size") == 2
    page.click("#mean")
    assert page.js("lines.length") == 4
    page.click("#mean")
    page.js("(() => { $('metric').value = 'loss'; $('metric').onchange(); })()")
    page.until("curve_data.lines.length === 4 && $('metric').value === 'loss' && curve_data.lines[0].points.length > 5")
    x, y, width = page.js("(() => { const b = $('chart').getBoundingClientRect(); return [b.x, b.y + 100, b.width]; })()")
    page.mouse("mousePressed", x + width * .4, y)
    page.mouse("mouseMoved", x + width * .6, y)
    page.mouse("mouseReleased", x + width * .7, y)
    page.until("chart.zoom() && chart.zoom()[0] > 500 && curve_data.lines[0].points[0][0] > 200")
    page.click("#reset")
    page.until("!chart.zoom() && curve_data.lines[0].points[0][0] === 200")
    page.click("#legend button")
    page.until("overlaid.size === 1 && overlaid.has('two')")


def shows_a_search(page):
    page.click("#close")
    page.click(row("search") + " td:nth-child(2)")
    page.click("[data-tab=facts]")
    page.until("[...document.querySelectorAll('#facts h3')].map(h => h.textContent).join() === 'Trials, the best first,Stopped early'")
    assert page.js("document.querySelectorAll('#facts section:first-of-type tbody tr').length") == 4
    page.click("[data-tab=log]")
    page.until("$('log_text').textContent.includes('|')")
    page.click("[data-tab=spec]")
    page.until("$('spec').textContent.includes('max_trial')")


def takes_keys(page):
    page.js("document.activeElement.blur()")
    page.key("Escape")
    assert page.js("$('detail').hidden")
    page.click("#head th:nth-child(2) button")
    page.js("document.activeElement.blur()")
    names = page.js(NAMES)
    for key in ("Home", "ArrowDown", "j", "Enter"):
        page.key(key)
    assert page.js("open_run") == names[2]
    page.key("k")
    page.key(" ")
    assert page.js("[...overlaid.keys()]") == [names[2], names[1]]
    page.key("2")
    page.until("!$('facts').hidden && $('facts').textContent.includes('seed')")
    page.key("1")
    page.key("a")
    page.until("overlaid.size === 4")
    page.key("c")
    page.until("overlaid.size === 0 && $('detail').hidden")
    page.key("?")
    page.until("$('keys').open")
    page.click("#keys button")
    page.until("!$('keys').open")


def hostile_names_are_text(page):
    page.js("show('<img src=x onerror=alert(1)>')")
    page.until("document.getElementById('name').textContent === '<img src=x onerror=alert(1)>'")
    page.until("[...$('metric').options].some(o => o.value === '<img src=x onerror=alert(1)>')")
    for tab in ("facts", "spec", "log", "curves"):
        page.click(f"[data-tab={tab}]")
    page.until("$('facts').textContent.includes('seed')")
    assert page.js("document.querySelectorAll('img, script:not([src])').length") == 0
    assert page.js("""(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); return window.ran === undefined; })()"""), "the policy"
    page.key("c")


def follows_a_run(page, data):
    """From its first frame on, and says so when the program is gone."""
    words = [PROGRAM, "run", SPEC, "a2c_gae_cartpole", "train", "--data", data, "--name", "live", "--sessions", "1", "--override", "env.max_frame=100000000",
             "--override", "meta.log_frequency=1000"]
    training = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page.until("runs.has('live') && runs.get('live').state === 'running' && runs.get('live').frame > 0")
        page.js("show('live')")
        page.until("lines.length > 0 && lines[0].points.length > 1")
        page.js("window.seen = lines[0].points.at(-1)[0]")
        page.until("lines[0].points.at(-1)[0] > window.seen")
    finally:
        training.kill()
        training.wait()
    page.until("runs.get('live').state !== 'running' && $('state').textContent !== 'running'")
    shutil.rmtree(data / "live", ignore_errors=True)
    page.until("!runs.has('live') && $('state').textContent === 'removed'")
    page.key("c")


def main():
    if not chromium():
        print("no chromium on this machine: apt-get install chromium")
        return 77
    with tempfile.TemporaryDirectory() as name:
        data = pathlib.Path(name) / "data"
        for run in ("one", "two"):
            train(PROGRAM, data, run)
        train(PROGRAM, data, "search", "--override", "meta.max_trial=4", "--override", 'meta.search_scheduler={"grace_period":600,"reduction_factor":2}', mode="search")
        shutil.copytree(data / "one", data / HOSTILE)
        for csv in (data / HOSTILE / "info").glob("*df_train.csv"):
            csv.write_text(csv.read_text().replace(",entropy,", f",{HOSTILE},", 1))
        with Dashboard(PROGRAM, data) as lab, Browser() as page:
            page.open(lab.url)
            lists_filters_and_sorts(page)
            overlays_and_zooms(page)
            shows_a_search(page)
            takes_keys(page)
            said, page.said = page.said, []
            assert not said, said
            hostile_names_are_text(page)
            assert all("Content Security Policy" in str(message) for message in page.said), page.said
            follows_a_run(page, data)
            page.size(400, 800)
            assert page.js("document.documentElement.scrollWidth <= 400")
            assert lab.stop() == 130
            page.until("$('live').textContent.startsWith('no connection')")
    return 0


if __name__ == "__main__":
    sys.exit(main())
