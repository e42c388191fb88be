"""The documentation as a site: it builds, asks no network for anything, every key and command is found by its name, and a
link to a page or a heading that is not there, or a page that the menu does not know, ends the build."""
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src", "use": "href"}


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.path, self.fetched, self.equations = path, [], 0
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        self.equations += tag == "math"
        url = dict(attributes).get(FETCHED.get(tag, ""), "")
        if url and not url.startswith("data:"):
            self.fetched.append(url)


def build(clone):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", clone / "scripts/site/mkdocs.yml"]
    return subprocess.run(command, env={**os.environ, "NO_MKDOCS_2_WARNING": "true"}, capture_output=True, text=True)


def check_site(site):
    pages = [Page(path) for path in site.rglob("*.html")]
    assert len(pages) > 40, len(pages)
    for page in pages:
        for url in page.fetched:
            assert "//" not in url, f"{page.path}: fetches {url}"
            file = page.path.parent / re.sub("[?#].*", "", url)
            assert page.path.name == "404.html" or file.exists(), f"{page.path}: there is no {url}"
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import )['\"]?(https?:)?//", style.read_text()), f"{style} fetches"
    assert next(page for page in pages if page.path.name == "ppo.html").equations > 10
    for page in pages:  # what the converter does not know it leaves as it was
        assert not re.search(r"<m\w+>[^<]*\\", page.path.read_text()), f"{page.path}: an equation that is not understood"

    titles = [entry["title"] for entry in json.loads((site / "search/search_index.json").read_text())["docs"]]
    for name in ("polyak_coef", "max_frame", "clip_eps_spec", "slm-lab plot", "slm-lab spec check", "slm-lab run"):
        assert f"<code>{name}</code>" in titles, f"a search for {name} finds no heading"
    assert (site / "search/search_index.js").exists(), "no search from file://"


DEFECTS = {  # page: (what is put behind it, what the build says)
    "cli.md": ("\n[none](data.md#no-such-heading)\n", "#no-such-heading"),
    "algorithms/ppo.md": ("\n[none](../no_such_page.md)\n", "no_such_page.md"),
    "unlisted.md": ("# Unlisted\n", "unlisted.md"),
    "running.md": ("\ntext\n- no list\n", "running.md: a list or a table without a blank line"),
}


def main():
    with tempfile.TemporaryDirectory(prefix="docs_site_") as scratch:
        clone = pathlib.Path(scratch)
        for folder in ("docs", "scripts/site", "slm_lab"):
            shutil.copytree(ROOT / folder, clone / folder)
        for file in ("README.md", "CONTRIBUTING.md"):
            shutil.copy(ROOT / file, clone)
        result = build(clone)
        assert result.returncode == 0, result.stderr
        check_site(clone / "build/site")
        for page, (text, _) in DEFECTS.items():
            with open(clone / "docs" / page, "a") as file:
                file.write(text)
        result = build(clone)
        assert result.returncode != 0, "a site with defects was built"
        assert result.stderr.count("WARNING") == len(DEFECTS), result.stderr
        for page, (_, says) in DEFECTS.items():
            assert says in result.stderr, f"{page}: {result.stderr}"
    print("as expected")


if __name__ == "__main__":
    main()
