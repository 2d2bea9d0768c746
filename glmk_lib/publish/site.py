"""Assemble the book's sources and build its pages with Jupyter Book, warnings as errors, for reading without a network.

build/book/{capture}-{preset}/ holds src/ (the sources, assembled anew each time), html/ (the site), work/ (Sphinx's own files,
so that the next build only renders what changed) and build.log. The site is replaced only by a build without warnings.

Numbers in a page are never typed. `{{ 03_training:ours.mean_px | .2f px }}` in a page of book/ becomes the number in this
capture's results/{preset}/{capture}/03_training.json, here with two decimals and its unit, or *not measured*; the format may
be left out. `{{ paper/studio_face/03_training:ours.mean_px }}` reads another preset's or capture's results, and `{{ capture }}`
and `{{ preset }}` say what this book was made from. `{{ code losses.spring }}` links to that function's source, in a page of
the book that listing.py makes.
"""

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from glmk_lib import paths, presets
from glmk_lib.capture.storage import atomic_folder
from glmk_lib.publish import (
    BookError,
    assets,
    bundle,
    equations,
    figure,
    finish,
    launch,
    ledger,
    listing,
    live,
    policy,
    reliability,
    report,
    scales,
    weight,
)
from glmk_lib.publish.execute import chapters, executed_dir
from glmk_lib.publish.notebook import MARK, check_capture, read_json, write_bytes, write_json

ASSETS = "_assets"  # not "_static": Jupyter Book loads every script that lies there on every page
SHARED = "fig-training-landmarks"  # the figure that stands for the book where it is shared
NOT_SOURCES = {*assets.LOCK_FILES, "_config.yml", "_toc.yml"}
_NUMBER = re.compile(r"\{\{ ([^{}|]+?) (?:\| ([^{}]+?) )?\}\}")
_HOSTS = re.compile(r"https://(github|gitlab)\.com/")  # elsewhere the theme makes no page at all
_KEY = re.compile(r"(?:(?P<preset>\w+)/(?P<capture>\w+)/)?(?P<key>(?:study/)?[\w-]+:[\w-]+(?:\.[\w@-]+)*)")


def build(capture: str, preset: str) -> Path:
    """Build the book of the executed notebooks of `capture` at `preset`; returns the path of its index.html.

    Nothing is done when the sources are those of the last build.

    Raises:
        PresetError: an unknown preset or capture.
        BookError: a notebook has not been executed, a page asks for a number in the wrong form, the scripts can't be fetched,
            or Jupyter Book met a warning; the last good site stays.
    """
    presets.get(preset)
    site = paths.SITE / f"{check_capture(capture)}-{preset}"
    html, log, stamp = site / "html", site / "build.log", site / "site.json"
    sources = assemble(capture, preset)
    key = fingerprint(sources)
    if (html / "index.html").is_file() and (read_json(stamp) or {}).get("key") == key:
        return html / "index.html"
    stamp.unlink(missing_ok=True)
    if write_sources(site / "src", sources):
        shutil.rmtree(site / "work", ignore_errors=True)
    jupyter_book(site / "src", site / "work", log)
    with atomic_folder(html) as fresh:
        shutil.copytree(site / "work" / "_build" / "html", fresh, dirs_exist_ok=True)
        weight.lighten(fresh)
        finish.finish(fresh, f"{ASSETS}/{finish.CARD}" in sources, finish.addresses().get("book"))
        bundle.bundle(fresh)
        policy.protect(fresh)
    write_json(stamp, {"key": key, "capture": capture, "preset": preset})
    return html / "index.html"


def assemble(capture: str, preset: str) -> dict[str, bytes]:
    """The sources of the book, by their path in it: pages as written and as made, notebooks, code, settings and scripts."""
    sources, places = {}, []
    for file in sorted(paths.BOOK.rglob("*")):
        name = file.relative_to(paths.BOOK).as_posix()
        if file.is_file() and file.name not in NOT_SOURCES and not any(part.startswith(".") for part in Path(name).parts):
            sources[name] = file.read_bytes()
            if file.suffix == ".md":
                sources[name] = fill(sources[name].decode("utf-8"), capture, preset, file, places).encode()
    for source in chapters():
        copy = executed_dir(capture, preset) / source.name
        if not copy.is_file():
            raise BookError(f"{copy}: missing; execute {source.name} on {capture} at preset {preset} first.")
        sources[f"notebooks/{source.name}"] = page_of(copy)
    sources |= scales.pages(capture, preset) | ledger.page(preset) | reliability.page()
    texts = [sources[name].decode() for name in in_order(_read_yaml("_toc.yml")) if name in sources]
    sources |= equations.page(texts, places)
    sources |= listing.pages(places, {equation.label for text in texts for equation in equations.numbered(text)})
    if "live.md" in sources:
        sources |= live.files(capture, preset)
    sources |= {f"{ASSETS}/{name}": path.read_bytes() for name, path in assets.files().items()}
    if chapter := figure.labels().get(SHARED):
        pictures = figure.pictures(executed_dir(capture, preset) / f"{chapter}.ipynb", SHARED)
        sources[f"{ASSETS}/{finish.CARD}"] = finish.card(pictures["png"], settings()["title"])
    sources["CITATION.cff"] = (paths.ROOT / "CITATION.cff").read_bytes()
    sources["_config.yml"] = yaml.safe_dump(settings(), sort_keys=False).encode()
    sources["_toc.yml"] = yaml.safe_dump(contents(has_code=bool(places)), sort_keys=False).encode()
    return sources


def settings() -> dict:
    """book/_config.yml with the paths of the scripts in the site, and the addresses that are known. Raises BookError."""
    config = _read_yaml("_config.yml")
    sphinx = config["sphinx"]["config"]
    sphinx["html_static_path"] = [ASSETS]
    sphinx["mathjax_path"] = assets.MATHJAX
    # "cdn-only" keeps the manager from asking the site itself, or another host, for widgets that are not in it.
    sphinx["nb_ipywidgets_js"] = {assets.REQUIRE: {}, assets.WIDGETS: {"data-jupyter-widgets-cdn-only": "false"}}
    known = finish.addresses()
    if "book" in known:
        sphinx["html_baseurl"] = f"{known['book']}/"
    # Where the theme knows the host, pages have a button to report what is wrong with them, and chapters some to run them.
    if _HOSTS.match(known.get("repository", "")):
        options = {"repository_url": known["repository"], "use_issues_button": True}
        sphinx["html_theme_options"] |= options | launch.theme_options(known["repository"])
    return config


def contents(has_code: bool) -> dict:
    """book/_toc.yml, with the listings of the code as its last part if any page links to them. Raises BookError."""
    toc = _read_yaml("_toc.yml")
    if has_code:
        toc["parts"].append({"caption": "The code", "chapters": [{"glob": "code/*"}]})
    return toc


def in_order(toc: dict) -> list[str]:
    """The pages that a table of contents names one by one, as "method.md"."""
    return [f"{entry['file']}.md" for part in toc["parts"] for entry in part["chapters"] if "file" in entry]


def _read_yaml(name: str) -> dict:
    path = paths.BOOK / name
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BookError(f"{path}: can't be read ({' '.join(str(error).split())}); expected YAML.") from None


def fill(text: str, capture: str, preset: str, page: Path, places: list[listing.Place] | None = None) -> str:
    """`text` with every `{{ … }}` replaced by what it names; the places in the code that it links to are added to `places`.

    Raises:
        BookError: one is not understood, or names nothing in the code.
    """
    places = [] if places is None else places

    def value(match):
        name, form = match[1].strip(), match[2]
        if name.startswith("code "):
            places.append(listing.find(name.removeprefix("code ").strip(), page))
            return places[-1].link
        if name in ("capture", "preset"):
            return {"capture": capture, "preset": preset}[name]
        found = _KEY.fullmatch(name)
        if not found:
            raise BookError(f'{page}: {match[0]} is not understood; expected "{{{{ chapter:path | .2f px }}}}".')
        number = report.result(found["capture"] or capture, found["preset"] or preset, found["key"])
        if number is None:
            return f"*{report.MISSING}*"
        spec, _, unit = (form or "").partition(" ")
        try:
            text = format(number, spec) if spec else report.number(number)
        except ValueError:
            raise BookError(f"{page}: {match[0]}: '{spec}' is no number format; expected one such as .2f.") from None
        return f"{text} {unit}" if unit else text

    return _NUMBER.sub(value, text)


def page_of(executed: Path) -> bytes:
    """An executed notebook as a page: without papermill's records, which name folders of the machine it ran on, and without
    the widgets that listen to a reader for Python, which a page has not: they are not of the widgets' manager, so it would ask
    another host for their scripts.
    """
    notebook = json.loads(executed.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    has_values = any("injected-parameters" in cell["metadata"].get("tags", []) for cell in cells)
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        if has_values and "parameters" in tags:
            cell["metadata"]["tags"] = [*tags, "remove-cell"]  # the defaults; the values in force follow
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        lines = "".join(cell["source"]).splitlines(keepends=True)
        cell["source"] = [line for line in lines if line.strip() != f"# {MARK}"]  # a word to the tests, not to readers
    notebook["metadata"].pop("papermill", None)
    for kept in notebook["metadata"].get("widgets", {}).values():
        kept["state"] = {k: w for k, w in kept["state"].items() if w["model_module"].startswith("@jupyter-widgets/")}
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode()


def fingerprint(sources: dict[str, bytes]) -> str:
    """SHA-256 over the sources, the versions of what renders them, and what is done to the pages then."""
    versions = [importlib.metadata.version(name) for name in ("jupyter-book", "sphinx-book-theme", "myst-nb")]
    listed = [(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(sources.items())]
    rules = [hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest() for module in (weight, finish, bundle, policy)]
    return hashlib.sha256(json.dumps([versions, rules, listed]).encode()).hexdigest()


def write_sources(folder: Path, sources: dict[str, bytes]) -> bool:
    """Make `folder` hold just these files. Returns whether Sphinx must begin anew, which knows changes of pages alone.

    A page that has not changed keeps its time, so that Sphinx does not render it again. But it would keep the page of a source
    that is gone, and an old style or script when no page has changed.
    """
    gone = [file for file in folder.rglob("*") if file.is_file() and file.relative_to(folder).as_posix() not in sources]
    for file in gone:
        file.unlink()
    anew = bool(gone)
    for name, content in sources.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            write_bytes(path, content)
            anew |= path.suffix not in (".md", ".ipynb")
    return anew


def jupyter_book(source: Path, work: Path, log: Path, builder: str = "html") -> None:
    """Build the sources with Jupyter Book into `work`/_build/`builder`. Raises BookError for a warning; `work` is gone then."""
    program = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    options = ["build", source, "--path-output", work, "--builder", builder, "-W", "--keep-going"]
    environment = {**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    work.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as file:
        command = [sys.executable, "-c", program, *options]
        code = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=source).returncode
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(encoding="utf-8", errors="replace"))
    log.write_text(text, encoding="utf-8")
    if code:
        shutil.rmtree(work, ignore_errors=True)  # Sphinx tells a warning only when it reads the page: read all the next time
        told = [line.strip() for line in text.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL|Error)\b", line)]
        first = (told[0] if told else f"exit code {code}").replace(f"{source}{os.sep}", "")
        more = f" and {len(told) - 1} more" if len(told) > 1 else ""
        raise BookError(f"{paths.BOOK}: the pages could not be built: {first}{more}; see {log}.")
