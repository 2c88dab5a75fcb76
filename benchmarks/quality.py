"""How often the quality gate finds faults that are put into real prices, and how often it speaks of what is sound.

Run as `python -m benchmarks.quality [PRICES]`: daily prices of many tickers (../shared/data/prices.parquet where it is
there, else the sample market). Each trial takes a ticker and a session by chance, puts one fault of a random size into
its prices, and reads the file as `hedgebook check` does. Found is what the clean file did not say. With --write the
table goes into docs/quality.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import hedgebook as hb
from benchmarks.verdict.measured import interval
from hedgebook.errors import VerificationError
from hedgebook.universes.prices.check import check_prices
from hedgebook.universes.prices.compare import compare_prices
from hedgebook.universes.quality.fault import Fault

REAL = Path(__file__).parents[1] / ".." / "shared" / "data" / "prices.parquet"
PAGE = Path(__file__).parents[1] / "docs" / "quality.md"
TRIALS, BESIDE = 30, 6
# The rules were set while looking at trials of one seed, so that its rates are in sample; the others were drawn once,
# after the rules stood, and measure them.
RULES_SEED, SEEDS = 16, (101, 102, 103, 104)
# What a run at a size of seconds has in place of these; its rates say nothing.
TINY = {"TRIALS": 1, "BESIDE": 4, "SEEDS": (101,), "REAL": Path("none")}
FIELDS = ("open", "high", "low", "close")
Draw = np.random.Generator
HEAD = """# How well faults in prices are found

This page is written by `python -m benchmarks.quality --write`. Into {source} one fault at a time was put, of a random
size, into a ticker and at a session chosen by chance, {trials} times for each kind, and read as `hedgebook check` reads
it. The limits of the rules were set on faults of seed {rules}; those here are of the seeds {seeds}, {each} of each,
which no rule was set on. The prices are the same in both. Found counts what the clean file did not say, of that ticker
and by a rule that is made for it; range: the rates that so many may be of, at 95 % (Clopper and Pearson 1934); as an
error: what `--strict` fails on. Elsewhere counts trials in which any other ticker got an error that the clean file does
not have. What each rule looks for stands in [Files](files.md).

"""


@dataclass(frozen=True)
class Kind:
    """A kind of fault. planted: in words; rules: that are made for it; plant: changes the rows of a ticker in place."""

    name: str
    planted: str
    rules: tuple[str, ...]
    plant: Callable[[pd.DataFrame, int, Draw], pd.DataFrame]


def _gap(own: pd.DataFrame, at: int, draw: Draw) -> pd.DataFrame:
    return own.drop(own.index[at : at + int(draw.integers(1, 41))])


def _stale(own: pd.DataFrame, at: int, draw: Draw) -> pd.DataFrame:
    rows = own.index[at : at + int(draw.integers(5, 41))]
    own.loc[rows, list(FIELDS)] = float(own["close"].iloc[at])
    return own


def _spike(own: pd.DataFrame, at: int, draw: Draw) -> pd.DataFrame:
    factor = float(np.exp(draw.choice([-1, 1]) * draw.uniform(0.2, 1.5)))
    own.loc[own.index[at], list(FIELDS)] *= factor
    return own


def _split(own: pd.DataFrame, at: int, draw: Draw) -> pd.DataFrame:
    ratio = float(draw.choice([2, 3, 4, 5, 10, 20, 0.1, 0.2]))
    own.loc[own.index[:at], list(FIELDS)] *= ratio
    own.loc[own.index[:at], "volume"] /= ratio
    return own


def _range(own: pd.DataFrame, at: int, draw: Draw) -> pd.DataFrame:
    row = own.index[at]
    own.loc[row, "high"] = float(own.loc[row, ["open", "close"]].max()) * (1.0 - draw.uniform(0.001, 0.05))
    return own


def _no_volume(own: pd.DataFrame, at: int, draw: Draw) -> pd.DataFrame:
    own.loc[own.index[at : at + int(draw.integers(1, 31))], "volume"] = 0.0
    return own


def _identity(own: pd.DataFrame, at: int, draw: Draw) -> pd.DataFrame:
    own.loc[own.index[:at], list(FIELDS)] *= float(draw.uniform(2.0, 8.0)) ** int(draw.choice([-1, 1]))
    return own.drop(own.index[at : at + int(draw.integers(20, 61))])


def _drift(own: pd.DataFrame, _: int, draw: Draw) -> pd.DataFrame:
    """A dividend each quarter, in the column of dividends and in the adjusted close; the newest in the first alone."""
    own["dividends"], own["adj close"] = 0.0, own["close"]
    ends = np.arange(len(own) - int(draw.integers(2, 50)), 5, -63)[::-1]
    share = float(draw.uniform(0.002, 0.02))
    for n, row in enumerate(ends):
        own.loc[own.index[row], "dividends"] = share * own["close"].iloc[row - 1]
        if n < len(ends) - 1:
            own.loc[own.index[:row], "adj close"] *= 1.0 - share
    return own


def _backfill(own: pd.DataFrame, _: int, draw: Draw) -> pd.DataFrame:
    rows, last = own.index[: int(draw.integers(15, 121))], float(own["close"].iloc[120])
    level = last if draw.random() < 0.5 else np.linspace(0.8 * last, last, len(rows))
    for field in FIELDS:
        own.loc[rows, field] = level
    return own


def _disagrees(own: pd.DataFrame, at: int, draw: Draw) -> pd.DataFrame:
    own.loc[own.index[at], "close"] *= 1.0 + float(draw.choice([-1, 1]) * draw.uniform(0.0005, 0.05))
    return own


KINDS = (
    Kind("gap", "1 to 40 sessions without a row", ("gap", "gap_long"), _gap),
    Kind("stale", "5 to 40 sessions at one price", ("stale", "stale_long"), _stale),
    Kind("spike", "one session 0.2 to 1.5 in logs away", ("spike", "spike_small"), _spike),
    Kind("split", "prices before it 2, 3, 4, 5, 10, 20, 1/5 or 1/10 times as high", ("split",), _split),
    Kind("range", "a high 0.1 to 5 % below open or close", ("range",), _range),
    Kind("no volume", "1 to 30 sessions with a volume of zero", ("no_volume", "no_volume_long"), _no_volume),
    Kind("identity", "20 to 60 sessions missing, 2 to 8 times the level", ("identity", "identity_jump"), _identity),
    Kind("drift", "the newest of quarterly dividends of 0.2 to 2 % not in the adjusted close",
         ("dividend_missing",), _drift),
    Kind("back-fill", "the first 15 to 120 sessions constant or on a line", ("backfill", "straight"), _backfill),
    Kind("two sources", "one close 0.05 to 5 % from that of another file", (), _disagrees),
)  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """Trials of a kind: how many were found, found as an error, and raised an error of another ticker."""

    kind: Kind
    trials: int
    found: int
    errors: int
    elsewhere: int


@cache
def prices(path: Path) -> tuple[pd.DataFrame, str]:
    """A long table of daily prices with every field, and what to call it."""
    if path.is_file():
        table, shown = pd.read_parquet(path), "real daily prices of 84 tickers over eleven years"
    else:
        market, shown = hb.sample_market(), "the prices of the sample market"
        parts = [market.frame(field).stack().rename(field) for field in (*FIELDS, "volume")]
        table = pd.concat(parts, axis=1).rename_axis(["date", "ticker"]).reset_index()
    full = table.dropna(subset=list(FIELDS))
    counts = full.groupby("ticker")["volume"].agg(lambda v: int((v > 0).sum()))
    kept = counts.index[counts >= 400]
    table = full[full["ticker"].isin(kept)].sort_values(["ticker", "date"])
    return table[["date", "ticker", *FIELDS, "volume"]].reset_index(drop=True), shown


def rate(kind: Kind) -> Rate:
    """Plant and look, TRIALS times with each of SEEDS."""
    parts = [_rate(kind, seed) for seed in SEEDS]
    counts = np.array([(one.trials, one.found, one.errors, one.elsewhere) for one in parts]).sum(axis=0)
    return Rate(kind, *counts.tolist())


def _rate(kind: Kind, seed: int) -> Rate:
    table, _ = prices(REAL)
    draw = np.random.default_rng([seed, *map(ord, kind.name)])
    names, found, errors, elsewhere = sorted(set(table["ticker"])), 0, 0, 0
    for _ in range(TRIALS):
        some = draw.choice(names, size=min(BESIDE, len(names)), replace=False).tolist()
        clean = table[table["ticker"].isin(some)].reset_index(drop=True)
        own = clean[clean["ticker"] == some[0]]
        traded = np.flatnonzero(own["volume"].to_numpy() > 0)  # where volume is known at all
        at = int(draw.choice(traded[(traded >= 150) & (traded < len(own) - 80)]))
        planted = kind.plant(own.copy(), at, draw)
        rest = clean[clean["ticker"] != some[0]]
        if kind.name == "drift":
            rest = rest.assign(dividends=0.0, **{"adj close": rest["close"]})
        hit, error, other = _looked(kind, clean, pd.concat([rest, planted]).sort_values(["ticker", "date"]), some[0])
        found, errors, elsewhere = found + hit, errors + error, elsewhere + other
    return Rate(kind, TRIALS, found, errors, elsewhere)


def _looked(kind: Kind, clean: pd.DataFrame, faulty: pd.DataFrame, ticker: str) -> tuple[bool, bool, bool]:
    """Whether a fault was found, found as an error, and an error told of another ticker."""
    if not kind.rules:
        of = [one.ticker for one in compare_prices(clean, faulty).findings]
        return ticker in of, False, any(one != ticker for one in of)
    before = set(_told(check_prices(clean, "all", confirmed_moves=()).faults))
    new = [one for one in check_prices(faulty, "all", confirmed_moves=()).faults if _key(one) not in before]
    mine = [one for one in new if one.ticker == ticker and one.rule in kind.rules]
    others = [one for one in new if one.ticker != ticker and one.severity != "warning"]
    return bool(mine), any(one.severity != "warning" for one in mine), bool(others)


def _key(one: Fault) -> tuple[str, str, int, str]:
    return one.rule, one.ticker, one.count, one.text


def _told(faults: tuple[Fault, ...]) -> list[tuple[str, str, int, str]]:
    return [_key(one) for one in faults]


def page(rates: list[Rate]) -> str:
    """The whole page: rates of planted faults, and what the clean file is told."""
    table, shown = prices(REAL)
    lines = ["| Fault | Put in | Times | Found | Range | As an error | Elsewhere |", "|---|---|---|---|---|---|---|"]
    for one in rates:
        error = f"{one.errors / one.trials:.0%}" if one.kind.rules else "-"
        low, high = interval(one.found, one.trials)
        counts = f"{one.trials} | {one.found / one.trials:.1%} | {low:.1%} to {high:.1%} | {error} | {one.elsewhere}"
        lines.append(f"| {one.kind.name} | {one.kind.planted} | {counts} |")
    faults = check_prices(table, "all", confirmed_moves=()).faults
    years = len(table) / 252.0
    rules = pd.Series([one.rule for one in faults], dtype=object)
    lines += ["", f"Of the clean file, {years:,.0f} ticker-years, it says:", "", "| Rule | Severity | Tickers |"]
    lines.append("|---|---|---|")
    severity = {one.rule: one.severity for one in faults}
    lines += [f"| {rule} | {severity[rule]} | {count} |" for rule, count in rules.value_counts(sort=False).items()]
    if not len(faults):
        lines.append("| nothing | - | 0 |")
    told = HEAD.format(
        source=shown, trials=TRIALS * len(SEEDS), rules=RULES_SEED, seeds=", ".join(map(str, SEEDS)), each=TRIALS
    )
    return told + "\n".join(lines) + "\n"


def main(arguments: tuple[str, ...] = ()) -> int:
    """Print the table; 1 where less than nine of ten faults of a kind are found or one in twenty trials speaks of
    another ticker. Raises VerificationError where nothing at all of a kind is found."""
    rates = [rate(kind) for kind in KINDS]
    text = page(rates)
    print(text[text.index("| Fault") :])
    if lost := [one.kind.name for one in rates if not one.found]:
        raise VerificationError(f"no planted fault was found of: {', '.join(lost)}")
    if "--write" in arguments:
        PAGE.write_text(text, encoding="utf-8")
    return int(any(one.found < 0.9 * one.trials or one.elsewhere > 0.05 * one.trials for one in rates))


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
