"""The command itself on whole markets without an edge, and on real prices."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.cli.app import app
from hedgebook.engine.refute.verdict import Verdict
from hedgebook.universes.calendar import trading_calendar

from .markets import History, histories

SESSIONS, HOLD, OWN, PAST = 520, 10, 5, 6
FIRST = "2022-01-03"
TAGS = ("made-up", "tested")
# Prices that start at 100 and move as little as real ones do.
CALM = 0.5
FAST = ("--dates", "250", "--baskets", "99", "--draws", "499")


def refuted(*arguments: str) -> dict[str, Any]:
    """What `hedgebook refute ... --json` says, run in this process. Raises RuntimeError for bad input."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = app(["refute", *arguments, "--json"], prog_name="hedgebook", standalone_mode=False)
    if code not in (0, 1, None):
        raise RuntimeError(f"hedgebook refute {' '.join(arguments)}: exit code {code}")
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def run_markets(cases: int) -> Iterator[dict[str, Any]]:
    """After each of `cases` markets the verdicts so far: prices, a universe, a trade and its events in files, none of
    them with an edge."""
    verdicts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        rng = np.random.default_rng([7, OWN, PAST])
        made = histories(rng, cases, events=OWN, past=PAST, hold=HOLD, sessions=SESSIONS)
        for history in made:
            folder = Path(scratch)
            _write(history, folder, rng)
            found = refuted(
                f"{folder}/trade.toml:made-up", "--prices", f"{folder}/prices.parquet", "--universe",
                f"{folder}/universe.toml", "--events", f"{folder}/events.toml", "--costs", "none",
                "--tags", TAGS[1], *FAST,
            )  # fmt: skip
            verdicts[found["verdict"]] += 1
            yield {
                "cases": verdicts.total(),
                "events": OWN,
                "past": PAST,
                "options": " ".join(FAST),
                "verdicts": {one.value: verdicts[one.value] for one in Verdict},
            }


def _write(history: History, folder: Path, rng: np.random.Generator) -> None:
    """A price file, a universe of all tickers, a trade, and events before the open of their sessions."""
    calendar = trading_calendar(2021, 2026)
    start = int(np.searchsorted(calendar.sessions, np.datetime64(FIRST)))
    days = calendar.sessions[start : start + SESSIONS]
    names = [f"T{k:02d}" for k in range(history.returns.shape[1])]
    moves = np.column_stack([history.returns, history.market]) * CALM
    close = 100.0 * np.exp(np.cumsum(np.log1p(np.clip(moves, -0.6, 1.5)), axis=0))
    opens = np.vstack([np.full((1, close.shape[1]), 100.0), close[:-1]])
    tickers = [*names, "SPY"]
    frame = pd.DataFrame(
        {
            "date": np.repeat(days, len(tickers)),
            "ticker": np.tile(tickers, len(days)),
            "open": opens.ravel(),
            "high": np.maximum(opens, close).ravel(),
            "low": np.minimum(opens, close).ravel(),
            "close": close.ravel(),
            "volume": rng.lognormal(14.0, 0.3, close.size).round(),
        }
    )
    frame.to_parquet(folder / "prices.parquet")
    members = "\n".join(
        f'    {{ ticker = "{n}", company = "{n} Inc.", first_session = 2020-01-02, earlier = true }},' for n in names
    )
    spy = '    { ticker = "SPY", company = "The market", first_session = 2020-01-02, earlier = true },'
    head = 'title = "Made up"\nbenchmark = "SPY"\n'
    buckets = (("all", members), ("market", spy))
    told = [f'[[buckets]]\nname = "{name}"\nrole = "Made up."\nmembers = [\n{held}\n]\n' for name, held in buckets]
    (folder / "universe.toml").write_text("\n".join([head, *told]))
    legs = np.flatnonzero(history.weights > 0.0), np.flatnonzero(history.weights < 0.0)
    long, short = (json.dumps([names[k] for k in leg]) for leg in legs)
    # As of an event before the open: the entry is at that open, so that its first session is the event's own.
    (folder / "trade.toml").write_text(
        f'[made-up]\nkind = "event-trade"\nevent = "event-{PAST}"\nlong = {long}\nshort = {short}\nhold = {HOLD}\n'
    )
    told = []
    for k, row in enumerate([*history.past.tolist(), *history.own.tolist()]):
        tags = json.dumps(list(TAGS[:1] if k < PAST else TAGS))
        told.append(
            f'[[events]]\nid = "event-{k}"\nannounced_on = {days[row]}\ntiming = "pre-open"\nheadline = "made up"\n'
            f'tags = {tags}\nsources = ["made up"]\n'
        )
    (folder / "events.toml").write_text("\n".join(told))


def run_catalogue(prices: str) -> Iterator[list[dict[str, Any]]]:
    """After each trade of the catalogue the verdicts so far, event trades on their own event and on all events of its
    tags."""
    from hedgebook.strategies.catalogue.read import load_trades
    from hedgebook.strategies.trade.trade import EventTrade
    from hedgebook.universes.event import load_events

    rows = []
    for name, trade in load_trades().items():
        asked: list[tuple[str, ...]] = [()]
        if isinstance(trade, EventTrade):
            tags = load_events().get(trade.event).tags
            asked += [("--tags", ",".join(tags))] if tags else []
        for more in asked:
            rows.append(_row(name, prices, more))
            yield rows


def _row(name: str, prices: str, more: tuple[str, ...]) -> dict[str, Any]:
    started = time.perf_counter()
    row: dict[str, Any] = {"name": name, "asked": " ".join(more)}
    try:
        found = refuted(name, "--prices", prices, *more)
    except Exception as problem:  # What cannot be tried is a row that says so.
        return {**row, "problem": str(problem)}
    p = {test: values["p_value"] for test, values in found["tests"].items()}
    row |= {"verdict": found["verdict"], "subject": found["subject"], "needed": found["needed"], "p": p}
    return {**row, "says": found["says"], "seconds": round(time.perf_counter() - started, 1)}
