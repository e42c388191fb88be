#!/usr/bin/env python3
"""Writes the table of results in README.md from docs/BENCHMARKS.md and docs/benchmarks/results: one run, two pages.

Usage: readme_results.py [--check], where --check changes nothing and fails when README.md is behind.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- results: scripts/readme_results.py -->\n", "<!-- end of results -->\n"


def rate(fps):
    for unit, size in [("M", 1e6), ("k", 1e3)]:
        if fps >= size:
            return f"{fps / size:.3g}{unit}"
    return f"{fps:.3g}"


def page_rows():
    """The cells of every row of the page's tables, by their heading."""
    heading = None
    for line in (ROOT / "docs" / "BENCHMARKS.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            heading = None
        elif heading is None:
            heading = cells
        elif "Spec name" in heading and not set(line) <= set("|-: "):
            yield dict(zip(heading, cells))


def table():
    results = {}
    for path in (ROOT / "docs" / "benchmarks" / "results").glob("**/*.json"):
        result = json.loads(path.read_text())
        results[result["row"]] = result
    lines = ["| spec | frames | `total_reward_ma` | MA-100 | D-100 | SLM-Lab's page | frames/s of a session |",
             "|---|---|---|---|---|---|---|"]
    for row in page_rows():
        result = results.get(row["Row"].strip("`"))
        if result is None or row["Status"] == "under way":
            continue
        fps = sorted(session["fps"] for session in result["sessions"])
        scores = [row[key].split(" (")[0] for key in ("MA", "MA-100", "D-100")]
        frames = result["sessions"][0]["frames"] // 1000
        lines.append(f"| {row['Spec name']} | {frames}k | {' | '.join(scores)} | {row['SLM-Lab']} "
                     f"| {rate(fps[0])} to {rate(fps[-1])} |")
    return lines


def main():
    readme = (ROOT / "README.md").read_text()
    begin, end = readme.index(BEGIN) + len(BEGIN), readme.index(END)
    new = readme[:begin] + "\n".join(table()) + "\n" + readme[end:]
    if "--check" in sys.argv:
        if new != readme:
            sys.exit("README.md: its results are not those of docs/BENCHMARKS.md; run scripts/readme_results.py")
    else:
        (ROOT / "README.md").write_text(new)


main()
