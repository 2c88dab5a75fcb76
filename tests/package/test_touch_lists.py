"""What a new cost or rule has to touch is where the ones that are there stand, and CONTRIBUTING.md says so."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.strategies.catalogue import kinds
from hedgebook.strategies.strategy.decisions import fill_mark, scheduled
from hedgebook.strategies.strategy.plan import Plan
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.universes.market import Market

from .test_import_rules import MODULES, needs

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
# And an option pays a commission by the contract, which no cost of shares touches.
OTHERWISE = {
    "engine/live/fills.py",
    "strategies/journal/fills_file.py",
    "reports/journal/tables.py",
    "engine/kernels/book/quantity.py",
    "strategies/express/ledger.py",
    "strategies/ticket/option_orders.py",
    "reports/express/tables.py",
    "src/hedgebook/cli/commands/desk/express.py",
}
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
SECTION_FILES = {
    "reports/run/tables.py": "the table, or figures.py for a figure; other reports have the same names in their rooms",
    "reports/run/page.py": "a Section that shows it",
}
SAMPLE_SECTION = "cost_rates_table"
LISTS = [
    ("Add a cost", SAMPLE_COST, COST_FILES, 7),
    ("Add a rule", SAMPLE_RULE, RULE_FILES, 6),
    ("Add a hedge method", "volatility_parity", HEDGE_FILES, 2),
    ("Add a VaR method", "peaks_over_threshold", VAR_FILES, 2),
    ("Add a kind of strategy", SAMPLE_KIND, KIND_FILES, 2),
    ("Add a report section", SAMPLE_SECTION, SECTION_FILES, 2),
]


@cache
def words_of(source: str) -> frozenset[str]:
    """Every name and every text of a module in lower case; comments and docstrings left out."""
    tree, found = ast.parse(source), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    for node in ast.walk(tree):
        values = [getattr(node, field, None) for field in ("id", "attr", "arg", "name", "value")]
        found |= {value.lower() for value in values if isinstance(value, str)}
    return frozenset(found)


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


def test_a_command_is_its_own_file_and_its_name() -> None:
    """What puts the commands together needs each, and nothing else does but a command that shares its options."""
    graph = {name: needs(name, late=True) for name in MODULES}
    commands = [path.stem for path in (ROOT / "src/hedgebook/cli/commands").glob("*.py") if path.stem != "__init__"]
    assert len(commands) > 10
    for command in commands:
        module = f"hedgebook.cli.commands.{command}"
        by = {name for name in graph if module in graph[name]}
        assert "hedgebook.cli.app" in by
        assert {name for name in by if not name.startswith("hedgebook.cli.commands.")} == {"hedgebook.cli.app"}, module
    listed = files_under(CONTRIBUTING.read_text(), "Add a command")
    assert listed == [f"src/hedgebook/{part}.py" for part in ("cli/commands/run", "cli/app", "front/trade")]
    assert all((ROOT / path).is_file() for path in listed)


class OneTicker(Strategy):
    """Holds one ticker from the second session on."""

    ticker: str = "META"
    size: float = 0.5

    def plan(self, market: Market) -> Plan:
        """One order."""
        weights = np.array([[self.size]])
        schedule = scheduled(market, np.array([0]), fill_mark(market, "next open")[0], (self.ticker,), weights)
        return Plan(schedule=schedule)


def test_a_kind_needs_its_own_file_and_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With that line it is read from a file, run, swept and reported."""
    monkeypatch.setitem(kinds.KINDS, "one-ticker", (__name__, "OneTicker"))
    (tmp_path / "mine.toml").write_text('[mine]\nkind = "one-ticker"\nsize = 0.25\nstop_loss = 0.1\n')
    market, name = hb.sample_market(), f"{tmp_path / 'mine.toml'}:mine"
    run = hb.backtest(name, market, "none", until="2024-03-28")
    opens, capital = market.open[1, market.column("META")], 1_000_000.0
    assert run.fills["shares"].tolist() == pytest.approx([0.25 * capital / opens])
    assert run.to_dict()["kind"] == "one-ticker"
    table = hb.sweep(name, market, "none", size=[0.25, 0.5], until="2024-03-28").table
    gains = table["final_nav"] - capital
    assert gains.iloc[1] == pytest.approx(2.0 * gains.iloc[0])
    assert gains.iloc[0] == pytest.approx(run.final_nav - capital)


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
