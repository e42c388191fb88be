"""What the site has beside docs/*.md (a hook of MkDocs, see mkdocs.yml): equations as MathML, the files of the repository
that pages link to, the keys of an algorithm where its page says so, and an index of every key and command."""
import html
import importlib.util
import pathlib
import posixpath
import re
import shutil

import latex2mathml.converter
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, InclusionLevel
from pymdownx.slugs import slugify

ROOT = pathlib.Path(__file__).resolve().parents[2]
INDEX = "index_of_keys.md"
LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=[)#])")
LANGUAGES = {".cc": "cpp", ".h": "cpp", ".py": "python", ".json": "json", ".sh": "bash", ".txt": "text"}
THIN_SPACE = '<mspace width="0.17em" />'
log = get_plugin_logger("pages")


def on_config(config, **_):
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")  # anchors as code hosts make them
    fence = {"name": "math", "class": "math", "format": fenced_math}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    return config


# ---- equations

def mathml(latex, display):
    """What the converter does not know is put into its words; after a function's name that has no bracket comes a space."""
    latex = latex.strip().replace("{aligned}", "{align*}").replace(r"\arg\max", r"\text{arg max}")
    result = latex2mathml.converter.convert(latex, display=display)
    result = result.replace("&#x000AF;", "&#x0203E;").replace("<mo>~</mo>", "<mo>&#x0223C;</mo>")
    name = r"<mi>(?:log|exp|tanh)</mi>"
    result = re.sub(rf"(</mi>|</msub>|</msup>)(?={name})", rf"\1{THIN_SPACE}", result)
    return re.sub(rf"(?<!<msup>)(?<!<msub>)({name})(?!</m|<mo[^>]*>(?:&#x00028;|\())", rf"\1{THIN_SPACE}", result)


def on_post_build(config, **_):
    """The font of the equations, for readers who have none of mathematics."""
    font = pathlib.Path(importlib.util.find_spec("ziamath").origin).parent / "fonts/STIXTwoMath-Regular.ttf"
    shutil.copy(font, pathlib.Path(config.site_dir) / "assets")


def fenced_math(source, language, css_class, options, md, **_):
    return f'<div class="{css_class}">{mathml(source, "block")}</div>'


def on_page_content(content, page, **_):
    """Equations within a sentence; and what code hosts read as a list or a table but Markdown proper does not."""
    for broken in re.findall(r"<p>(?:(?!</p>)[\s\S])*?\n(?:[-*] |\d+\. |\|).*", content):
        log.warning("%s: a list or a table without a blank line before it: %s", page.file.src_uri, broken[:80])
    return re.sub(r'<span class="arithmatex">\\\((.*?)\\\)</span>',
                  lambda match: mathml(html.unescape(match[1]), "inline"), content, flags=re.S)


# ---- files of the repository that pages link to

def repository_path(uri):
    """Of a page of the site, relative to the root of the repository."""
    return uri[len("source/"):].removesuffix(".page.md") if uri.startswith("source/") else "docs/" + uri


def site_uri(path):
    """The other way round. A page stays a page; of another file, or of a folder, the site has one that shows it."""
    if (ROOT / path).is_dir() or not path.startswith("docs/") and not path.endswith(".md"):
        return f"source/{path}.page.md"
    return path[len("docs/"):] if path.startswith("docs/") else f"source/{path}"


def linked_path(link, uri):
    """The path in the repository that a link of a page leads to; None for a link to elsewhere, or to nothing."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(repository_path(uri)), link))
    return path if ":" not in link and (ROOT / path).exists() else None


def source_page(path, config):
    file = ROOT / path
    text = ""
    if file.is_dir():
        text = f"# {path}\n\n" + "".join(f"- {entry.name}\n" for entry in sorted(file.iterdir()))
    elif not path.endswith(".md"):
        text = f"# {path}\n\n`````{LANGUAGES.get(file.suffix, 'text')}\n{file.read_text()}`````\n"
    content = f"---\nsearch: {{exclude: true}}\n---\n\n{text}" if text else file.read_text()
    return File.generated(config, site_uri(path), content=content, inclusion=InclusionLevel.NOT_IN_NAV)


def on_files(files, config, **_):
    for file in list(files.documentation_pages()):
        for link in LINK.findall(file.content_string):
            path = linked_path(link, file.src_uri)
            if path and site_uri(path).startswith("source/") and files.get_file_from_path(site_uri(path)) is None:
                files.append(source_page(path, config))
    files.append(File.generated(config, INDEX, content=index_page((ROOT / "docs/spec.md").read_text(),
                                                                  (ROOT / "docs/cli.md").read_text())))
    return files


def on_page_markdown(markdown, page, **_):
    uri = page.file.src_uri

    def moved(match):
        path = linked_path(match[1], uri)
        return posixpath.relpath(site_uri(path), posixpath.dirname(uri) or ".") if path else match[1]

    return re.sub(r"<!-- keys: (\w+) -->", lambda match: keys_of(match[1]), LINK.sub(moved, markdown))


# ---- keys and commands

def tables(spec):
    """(section, "With ..." line or "", lines) of every table of keys in docs/spec.md."""
    section, condition = "", ""
    for block in re.split(r"\n{2,}", spec):
        if block.startswith("## "):
            section, condition = block[3:].strip(), ""
        elif block.startswith("With "):
            condition = block.rstrip(":")
        elif block.startswith("| key |"):
            yield section, condition, block.splitlines()


def keys_of(name):
    """The table of the keys that go with one algorithm or memory, as docs/spec.md has it."""
    for section, condition, lines in tables((ROOT / "docs/spec.md").read_text()):
        if section in ("agent.algorithm", "agent.memory") and f"`{name}`" in condition and "default" in lines[0]:
            return "\n".join(lines)
    raise KeyError(f"docs/spec.md has no keys of {name}")


def cells(row):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def where(section, conditions):
    """A link to the section of docs/spec.md, and with which algorithms, nets ... a key is there."""
    values = [re.sub(r"With `\w+` = ", "", condition) for condition in dict.fromkeys(conditions) if " = " in condition]
    return f"[`{section}`](spec.md#{slug(section)})" + (f" of {', '.join(values)}" if values else "")


def index_of_keys(spec):
    """{key: lines}, those of keys with an effect first."""
    places = {}
    for section, condition, lines in tables(spec):
        for row in lines[2:]:
            names, *facts = cells(row)
            inert = len(facts) == 1
            if inert:
                what = f"accepted, without effect: {facts[0]}"
            else:
                kind, default, _, meaning = facts
                default = {"": "", "required": ", required"}.get(default, f", default {default}")
                what = f"{meaning} ({kind}{default})"
            for name in re.findall(r"`(\w+)`", names):
                places.setdefault(name, {}).setdefault((inert, section, what), []).append(condition)
    return {name: [f"- {where(section, conditions)}: {what}"
                   for (_, section, what), conditions in sorted(found.items(), key=lambda place: place[0][0])]
            for name, found in places.items()}


def index_of_commands(cli):
    """{command: lines}, of the headings and the tables of docs/cli.md that begin with it."""
    found, heading = {}, ""
    for line in cli.splitlines():
        if line.startswith("## "):
            heading, text, what = line[3:], line, ""
        elif line.startswith("| `slm-lab "):
            text, what = cells(line)[:2]
        else:
            continue
        for command in re.findall(r"`(slm-lab [a-z-]+(?: (?:check|schema|docs))?)", text):
            title = re.sub(r"[`\[\]]", "", heading)
            found.setdefault(command, [f"[{title}](cli.md#{slug(heading)})" + (f": {what}" if what else "")])
    return found


def index_page(spec, cli):
    """A heading for each key and command, so that a search for its name finds it first."""
    text = ["---\nsearch: {boost: 4}\n---", "# Index of keys and commands",
            "Every key of a [spec](spec.md) and every [command](cli.md), with the place where it is explained."]
    for title, entries in (("Keys", index_of_keys(spec)), ("Commands", index_of_commands(cli))):
        text.append(f"## {title}")
        for name in sorted(entries, key=str.lower):
            text += [f"### `{name}`", "\n".join(entries[name])]
    return "\n\n".join(text) + "\n"
