"""Starting files of a user's own: a strategy as a class, a file that composes kinds, a universe, pieces of news, costs,
an account, scenarios and limits; each is commented and can be used as it is.

Their texts lie in strategies/data as new_*.txt, with NAME and CLASS where a name is put in.
"""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from hedgebook.errors import ParameterError

DATA = Path(__file__).parents[1] / "data"
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# How each is used, and how it is looked at, with the file's name in place of NAME.
COMMANDS = {
    "limits": ("hedgebook ticket --limits NAME.toml", "hedgebook ticket --limits NAME.toml --json"),
    "event": ("hedgebook run --events NAME.toml --event NAME-1", "hedgebook events --events NAME.toml"),
    "costs": ("hedgebook run --costs NAME.toml", "hedgebook run --costs NAME.toml --json"),
    "account": ("hedgebook run --account NAME.toml", "hedgebook run --account NAME.toml --json"),
    "scenario": (
        "hedgebook risk BOOK.csv --prices PRICES --scenarios NAME.toml",
        "hedgebook risk RUN_FOLDER --scenarios NAME.toml",
    ),
}
FILES = ("event", "costs", "account", "scenario", "limits")
KINDS = ("trade", "universe", *FILES)
# Modules that a strategy imports: a file of that name in its folder would stand in for them.
IMPORTED = ("hedgebook", "numpy", "pandas", "pydantic", "scipy", "numba")


def starting_text(kind: str) -> str:
    """The text of a new file of a kind, or of `trade_class`, before a name is put in."""
    return (DATA / f"new_{kind}.txt").read_text(encoding="utf-8")


def filled(text: str, name: str) -> str:
    """A text with the file's name put in; identifiers have small letters and dashes alone."""
    return text.replace("NAME-", f"{name.lower().replace('_', '-').strip('-')}-").replace("NAME", name)


def class_name(name: str) -> str:
    """What the class in a file is called: my_trade gives MyTrade."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def check_name(name: str) -> None:
    """Raise ParameterError for a name that a module cannot have, or that would hide another one."""
    plain = IDENTIFIER.fullmatch(name) is not None and not keyword.iskeyword(name)
    if not plain or IDENTIFIER.fullmatch(class_name(name)) is None:
        asked = re.sub(r"[^A-Za-z0-9_]+", "_", name.removesuffix(".py").removesuffix(".toml")).strip("_")
        possible = asked if IDENTIFIER.fullmatch(asked) and not keyword.iskeyword(asked) else "my_trade"
        raise ParameterError(
            "a file cannot be named so, because Python has to be able to import it",
            where="NAME",
            value=name,
            bound="letters a to z, digits and _, no digit first, and no word of Python",
            remedy=f"Write {possible}.",
        )
    if name.lower() in IMPORTED or name in sys.stdlib_module_names:
        raise ParameterError(
            "a file of this name would hide the module of the same name",
            where="NAME",
            value=name,
            remedy=f"Write my_{name}.",
        )


def _check_plain_name(name: str) -> None:
    """Raise ParameterError for what is no name of a file alone, in letters, digits, _ and dashes."""
    if PLAIN.fullmatch(name) is None:
        stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).name.removesuffix(".toml")).strip("-_")
        raise ParameterError(
            "a file cannot be named so", where="NAME", value=name,
            bound="letters a to z, digits, _ and -, without a folder and a suffix", remedy=f"Write {stem or 'mine'}.",
        )  # fmt: skip


def starting_file(kind: str, name: str, *, toml: bool) -> tuple[Path, str, str]:
    """The path of a new file, its text, and what names the strategy in it, empty for a universe; nothing is written.

    kind: one of KINDS; toml: a trade that composes kinds rather than a class. Raises ParameterError.
    """
    if kind in FILES:
        _check_plain_name(name)
        return Path(f"{name}.toml"), filled(starting_text(kind), name), ""
    check_name(name)
    if toml or kind == "universe":
        text = starting_text(kind).replace("NAME", name)
        return Path(f"{name}.toml"), text, "" if kind == "universe" else f"{name}.toml"
    called = class_name(name)
    text = starting_text("trade_class").replace("NAME", name).replace("CLASS", called)
    return Path(f"{name}.py"), text, f"{name}.py:{called}"
