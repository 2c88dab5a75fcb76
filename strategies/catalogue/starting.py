"""Starting files of a user's own: a strategy as a class, a file that composes kinds, a universe; each runs as it is."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from hedgebook.errors import ParameterError

from .starting_files import FILES, filled

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PYTHON = '''"""NAME: say here what you would trade, and why.

hedgebook run NAME.py:CLASS
hedgebook run NAME.py:CLASS --parameters
hedgebook run NAME.py:CLASS --set window_sessions=40 --prices prices.parquet
hedgebook sweep NAME.py:CLASS --grid window_sessions=20,40,60 --grid gross=0.5,1
hedgebook audit NAME.py:CLASS
"""

from typing import Annotated

import numpy as np
from pydantic import Field

import hedgebook as hb


class CLASS(hb.Strategy):
    """Long the side that gained more, short the other.

    first, second: the two sides, buckets or tickers; window_sessions: closes over which they are compared;
    every_sessions: closes from one decision to the next; gross: both sides together as a fraction of NAV.
    """

    # In words, shown beside every figure: why it should earn anything, and what would show that it does not.
    thesis: str = "What leads goes on leading."
    expected_sign: str = "the side that gained more up against the other"
    refuted_by: str = "It loses on prices that it was not thought up on."

    # The parameters: each can be set (--set gross=0.5) and swept (--grid gross=0.5,1).
    first: tuple[str, ...] = ("META",)
    second: tuple[str, ...] = ("neocloud",)
    window_sessions: Annotated[int, Field(ge=2, le=252)] = 20
    every_sessions: Annotated[int, Field(ge=1, le=252)] = 5
    gross: Annotated[float, Field(gt=0, le=2)] = 1.0

    def plan(self, market: hb.Market) -> hb.Plan:
        """Decided at a close, filled at the next open."""
        # The last session decides nothing, as no session follows in which it could be filled.
        decided = np.arange(self.window_sessions, len(market.sessions) - 1, self.every_sessions)
        if not len(decided):
            raise hb.InputError("there are too few sessions", where="window_sessions", value=self.window_sessions)
        weights = np.stack([self.weights_at(market, int(t)) for t in decided])
        return hb.Plan(
            schedule=hb.Schedule(
                tickers=market.tickers,
                decided_at=market.close_at[decided],
                session=market.sessions[decided + 1],
                mark=np.full(len(decided), hb.Mark.OPEN if market.has_opens else hb.Mark.CLOSE, dtype=np.int64),
                weights=weights,
            )
        )

    def weights_at(self, market: hb.Market, t: int) -> np.ndarray:
        """Fractions of NAV by ticker as decided at close t, which may use closes up to t and no later one."""
        weights = np.zeros(len(market.tickers))
        day = market.sessions[t].item()
        # Members of a bucket as listed on that day; a price that is missing is NaN.
        gain = market.close[t] / market.close[t - self.window_sessions] - 1.0
        sides = []
        for names in (self.first, self.second):
            columns = np.array([market.column(ticker) for ticker in market.resolve(names, day)], dtype=np.int64)
            sides.append(columns[np.isfinite(gain[columns])])
        one, two = sides
        if len(one) and len(two):  # else nothing is held
            sign = 1.0 if gain[one].mean() >= gain[two].mean() else -1.0
            weights[one] = sign * self.gross / 2 / len(one)
            weights[two] = -sign * self.gross / 2 / len(two)
        return weights
'''
TOML = """# NAME: a strategy that is made of others, without a line of Python.
#
# hedgebook run NAME.toml
# hedgebook run NAME.toml --parameters
# hedgebook run NAME.toml --prices prices.parquet
#
# Each table is a strategy. `kind` says which: event-trade (the default), buy-and-hold, rebalanced-basket, pair-spread,
# cross-sectional-rank, regime or combined. The other keys are its parameters; what is left out takes its default.
# `hedgebook trades` lists the shipped strategies, whose names may stand among the parts too.

[NAME]
title = "An event trade and a pair in one account"
kind = "combined"
# In words, shown beside every figure.
thesis = "Two thoughts that do not hang on each other carry more together than either alone."
expected_sign = "both up"
refuted_by = "Both lose in the same weeks."
# Fractions of NAV, in the order of the parts below.
weights = [0.5, 0.5]
# Rules stand beside the parameters: take the # away to stop at a loss of 15%.
# stop_loss = 0.15

[[NAME.parts]]
name = "event"
event = "meta-compute-2026" # one of `hedgebook events`
long = ["META"] # buckets or tickers
short = ["neocloud"]
hedge = "dollar" # dollar, beta, min_variance, ...
hold = 20 # sessions between entry and exit

[[NAME.parts]]
name = "pair"
kind = "pair-spread"
first = ["AMD"]
second = ["NVDA"]
lookback_sessions = 60
entry_z = 2.0
exit_z = 0.5
"""
UNIVERSE = """# NAME: the tickers that may be traded, in buckets of one role each.
#
# hedgebook universes NAME.toml
# hedgebook run --prices prices.parquet --universe NAME.toml
#
# A list of tickers alone, one a line, is a universe too: --universe tickers.txt, --universe CEG,VST.
#
# company and role may be left out. first_session: the first session on which a name could be traded under its present
# identity; prices before it are not used; left out, it is that of the first price. earlier = true: it was listed
# before, and earlier prices are used as they are.

title = "NAME"
# What betas are measured against; it need not stand in a bucket.
benchmark = "SPY"

[[buckets]]
name = "owners" # strategies name buckets, as in long = ["owners"]
role = "Owns compute and uses most of it itself."
members = [
    { ticker = "META", company = "Meta Platforms, Inc.", first_session = 2015-01-02, earlier = true },
    # { ticker = "MSFT", company = "Microsoft Corporation", first_session = 2015-01-02, earlier = true },
]

[[buckets]]
name = "neocloud"
role = "Rents compute out as its business."
members = [
    { ticker = "CRWV", company = "CoreWeave, Inc.", first_session = 2025-03-28, earlier = false },
    { ticker = "NBIS", company = "Nebius Group N.V.", first_session = 2024-10-21, earlier = false },
]

# A bucket more:
# [[buckets]]
# name = "memory"
# role = "Makes memory."
# members = [
#     { ticker = "MU", company = "Micron Technology, Inc.", first_session = 2015-01-02, earlier = true },
# ]

[[buckets]]
name = "benchmark"
role = "Stands for the market."
members = [
    { ticker = "SPY", company = "SPDR S&P 500 ETF Trust", first_session = 2015-01-02, earlier = true },
]
"""
KINDS = ("trade", "universe", *FILES)
# Modules that a strategy imports: a file of that name in its folder would stand in for them.
IMPORTED = ("hedgebook", "numpy", "pandas", "pydantic", "scipy", "numba")


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
        return Path(f"{name}.toml"), filled(FILES[kind], name), ""
    check_name(name)
    if kind == "universe":
        return Path(f"{name}.toml"), UNIVERSE.replace("NAME", name), ""
    if toml:
        return Path(f"{name}.toml"), TOML.replace("NAME", name), f"{name}.toml"
    called = class_name(name)
    return Path(f"{name}.py"), PYTHON.replace("NAME", name).replace("CLASS", called), f"{name}.py:{called}"
