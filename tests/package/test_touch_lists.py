"""What a new cost or rule has to touch is where the ones that are there stand, and CONTRIBUTING.md says so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
FOLDERS = ("universes", "engine", "strategies", "reports", "src/hedgebook/front", "src/hedgebook/cli")
# Each list is proved by something that is there: every file of the source that names it, and no other.
SAMPLE_COST, SAMPLE_RULE = "commission", "trailing_stop"
COST_FILES = {
    "engine/frictions/commission.py": "a file like this one: what a user sets, and its unit",
    "engine/frictions/costs.py": "the table's field in Costs",
    "engine/data/costs.toml": "the shipped number and its reason",
    "engine/kernels/book/records.py": "Cause: code, how it is booked, label; COST_TERMS: name, kind, neutral value",
    "engine/backtest/conditions.py": "what the kernel is given of the table",
    "engine/kernels/book/fill.py": "charge it: cash, account.paid, earned, its column of the log, its cause of P&L",
    "engine/kernels/sets/tiles/fill.py": "the same for many sets side by side, and KNOWN_COSTS",
}
# What names the sample for something else: fees that a broker charged are a column of a user's file of fills.
OTHERWISE = {"engine/live/fills.py", "strategies/journal/fills_file.py", "reports/journal/tables.py"}
RULE_FILES = {
    "engine/rules/rules.py": "the field of Rules with its bounds, and a sentence in the docstring",
    "engine/rules/levels.py": "at which P&L it acts, for tickets and journals, and what readers call it",
    "engine/kernels/book/records.py": "RULE_TERMS: the field's name, kind, neutral value; Reason: its code and words",
    "engine/kernels/book/decide.py": "what it decides at a close, and before which other rules",
    "engine/kernels/sets/tiles/watch.py": "KNOWN_RULES, once sets side by side look out for it",
    "engine/kernels/sets/tiles/screen.py": "the same decision for sets side by side",
}
HEDGE_FILES = {
    "engine/hedging/request.py": "Method: its name",
    "engine/kernels/fits/hedge.py": "HedgeCode: its code; the ratio or weights that it gives",
}
VAR_FILES = {
    "engine/risk/var/extreme.py": "a file like this one: answers of a series and of many windows, and a VarMethod",
    "engine/risk/var/methods.py": "its name, and its record in METHODS",
}
SAMPLE_KIND = "buyandhold"
KIND_FILES = {
    "strategies/kinds/hold.py": "a file like this one: the class with its parameters, and what it plans",
    "strategies/catalogue/kinds.py": "what a file calls it",
}
LISTS = [
    ("Add a cost", SAMPLE_COST, COST_FILES, 7),
    ("Add a rule", SAMPLE_RULE, RULE_FILES, 6),
    ("Add a hedge method", "volatility_parity", HEDGE_FILES, 2),
    ("Add a VaR method", "peaks_over_threshold", VAR_FILES, 2),
    ("Add a kind of strategy", SAMPLE_KIND, KIND_FILES, 2),
]


def words_of(source: str) -> set[str]:
    """Every name and every text of a module in lower case; comments and docstrings left out."""
    tree, found = ast.parse(source), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    for node in ast.walk(tree):
        values = [getattr(node, field, None) for field in ("id", "attr", "arg", "name", "value")]
        found |= {value.lower() for value in values if isinstance(value, str)}
    return found


def files_that_name(word: str) -> set[str]:
    """Paths of the modules and shipped data files that name a cost or a rule."""
    modules = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    tables = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.toml")]
    found = [path for path in modules if word in words_of(path.read_text())]
    found += [path for path in tables if re.search(rf"^\[?{word}\b", path.read_text(), re.MULTILINE)]
    return {path.relative_to(ROOT).as_posix() for path in found}


def files_under(text: str, heading: str) -> list[str]:
    """Paths that a section of CONTRIBUTING.md lists, as in "- `path` - what to do there"."""
    sections = re.split(r"^#+ +", text, flags=re.MULTILINE)
    found = [part for part in sections if part.startswith(heading)]
    assert len(found) == 1, f"sections that begin with {heading!r}: {len(found)}"
    return re.findall(r"^- `([^`]+)`", found[0], re.MULTILINE)


@pytest.mark.parametrize(("heading", "sample", "files", "most"), LISTS)
def test_the_list_is_where_the_sample_stands(heading: str, sample: str, files: dict[str, str], most: int) -> None:
    named = files_that_name(sample)
    assert named - (OTHERWISE if sample == SAMPLE_COST else set()) == set(files), heading
    assert len(files) <= most


@pytest.mark.parametrize(("heading", "sample", "files", "most"), LISTS)
@pytest.mark.skipif(not CONTRIBUTING.exists(), reason="there is no CONTRIBUTING.md")
def test_contributing_has_the_list(heading: str, sample: str, files: dict[str, str], most: int) -> None:
    assert files_under(CONTRIBUTING.read_text(), heading) == list(files), (sample, most)


def test_what_counts_as_a_mention() -> None:
    source = '"""trailing_stop"""\n# trailing_stop\ndef f(x):\n    "trailing_stop"\n    return {}\n'
    named = ("x.trailing_stop", "TRAILING_STOP", 'x["trailing_stop"]', "g(trailing_stop=1)")
    assert "trailing_stop" not in words_of(source.format("x.trailing_stops"))
    assert all("trailing_stop" in words_of(source.format(text)) for text in named)


def test_what_a_section_lists() -> None:
    text = "# Guide\n## Add a cost\nFirst:\n- `a/b.py` - one\n- `c.toml` - two\n## Add a rule\n- `d.py` - three\n"
    assert files_under(text, "Add a cost") == ["a/b.py", "c.toml"]
    assert files_under(text, "Add a rule") == ["d.py"]
    with pytest.raises(AssertionError, match="Add a command"):
        files_under(text, "Add a command")
