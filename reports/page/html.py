"""Reports as one HTML file that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.errors import RunFolderError

from .files import write_whole_text
from .json import plain
from .section import Header, Section

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
# What could end a script element or start a comment in it; JSON reads the escapes back as the same text.
SCRIPT_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def render_page(top: Header, parts: Sequence[Section]) -> str:
    """A page as HTML text: figures drawn by an inlined plotly.js, nothing loaded from anywhere."""
    from markupsafe import Markup

    return _template().render(
        header=top,
        sections=parts,
        style=Markup(_asset("report.css")),
        draw=Markup(_asset("report.js")),
        plotly=Markup(plotly_script()),
    )


def write_page(text: str, path: str | Path) -> Path:
    """Write a page to a file, all of it or nothing, and return its path. Raises RunFolderError where that fails."""
    path = Path(path)
    try:
        write_whole_text(text, path)
    except OSError as problem:
        raise RunFolderError(
            f"the report cannot be written: {problem.strerror or problem}", where=str(path)
        ) from problem
    return path


def script_json(value: Any) -> Markup:
    """A value as JSON that is safe inside a script element."""
    from markupsafe import Markup

    text = json.dumps(plain(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character, escaped in SCRIPT_ESCAPES.items():
        text = text.replace(character, escaped)
    return Markup(text)


@lru_cache(maxsize=1)
def plotly_script() -> str:
    """plotly.js as the plotly package ships it, read without importing the package."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly is not installed")
    return (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["script_json"] = script_json
    return environment.get_template("report.html")


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
