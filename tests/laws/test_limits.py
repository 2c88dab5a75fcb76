"""All sixteen limits of a ticket beside a book: `python -m tests.laws.test_limits 1000` tries more books.

A ticket is asked for with bounds around the oracle's figures, a millionth above or below: no breach may be missed and
none invented, and what is undefined is not evaluated.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import hedgebook as hb
from hedgebook.strategies.ticket.limits import KINDS, State
from tests.markets import market_of, numbered_universe
from tests.oracle.inputs import Action, OracleMargin
from tests.oracle.limits import Known, figures, risk_figures

SESSIONS, NEAR = 130, 1e-6
NAMES = ("SPY", "TLT", "T2", "T3", "T4", "T5", "T6", "T7")
FACTORS = {"market": "SPY", "rates": "TLT"}
SIZES = ("gross", "net", "position", "bucket", "concentration")
BY_NAME = ("position", "bucket", "factor_beta", "adv", "borrow", "stress", "delta_usd")
# Of shares alone there are no others; a book with options is in tests/strategies/ticket/test_options.py.
NO_CURVATURE = ("gamma_usd", "vega_usd", "theta_usd_day")


@dataclass(frozen=True)
class Case:
    """A market, what is asked of a ticket on it, and what scenarios move."""

    market: hb.Market
    asked: dict[str, Any]
    fees: dict[str, float]
    moves: dict[str, dict[str, float]]


def a_case(seed: int, folder: Path) -> Case:
    """A random market, book, trade, fees and scenarios."""
    draw = np.random.default_rng(seed)
    steps = draw.normal(0.0, 0.02, (2 * SESSIONS, len(NAMES))) + draw.normal(0.0, 0.01, (2 * SESSIONS, 1))
    marks = draw.uniform(3.0, 300.0, len(NAMES)) * np.exp(np.cumsum(steps, axis=0))
    marks[: int(draw.integers(2, 90)), 4] = np.nan
    volume = draw.lognormal(11.0, 1.0, (SESSIONS, len(NAMES)))
    volume[draw.random(volume.shape) < 0.3] = np.nan
    if draw.random() < 0.6:
        volume[-20:, int(draw.integers(2, len(NAMES)))] = np.nan
    fields: Any = {"open": marks[0::2], "close": marks[1::2], "volume": volume}
    market = market_of(fields, NAMES, universe=numbered_universe(NAMES))
    fees = {name: float(draw.choice([0.0, 0.01, 0.08, 0.4])) for name in NAMES}
    held = {str(t): float(draw.integers(-300, 300) or 7) for t in draw.choice(NAMES[2:], 4, replace=False)}
    longs = tuple(draw.choice(NAMES[2:], 4, replace=False).tolist())
    drops = draw.uniform(-0.4, 0.4, 3).round(3).tolist()
    path = folder / f"scenarios-{seed}.toml"
    path.write_text(
        "".join(
            f'[[scenarios]]\nname = "{name}"\ntitle = "{name}"\n'
            + "".join(
                f'[[scenarios.moves]]\nkind = "{kind}"\nof = "{of}"\npath = [{move}]\n' for kind, of, move in parts
            )
            for name, parts in (
                ("both", (("bucket", "left", drops[0]), ("bucket", "right", drops[1]))),
                ("one", (("ticker", "T3", drops[2]),)),
            )
        )
    )
    left, right = NAMES[0::2], NAMES[1::2]
    both = {**dict.fromkeys(left, drops[0]), **dict.fromkeys(right, drops[1])}
    gross = sum(abs(n) * float(market.close[-1, NAMES.index(t)]) for t, n in held.items())
    asked = {
        "trade": hb.RebalancedBasket(long=longs[:2], short=longs[2:], every="month"),
        "book": hb.Book(held, cash_usd=float(draw.uniform(1.5, 6.0)) * gross),
        "capital": float(draw.choice([20_000.0, 100_000.0])),
        "net": bool(draw.random() < 0.5),
        "costs": hb.Costs.model_validate({"borrow": {"by_ticker_annual": fees}}),
        "events": [],
        "scenarios": path,
    }
    return Case(market, asked, fees, {"both": both, "one": {"T3": drops[2]}})


def oracle(case: Case, ticket: hb.Ticket, confidence: float) -> dict[str, dict[str, float]]:
    """Every figure of the account after the ticket's orders."""
    market, book = case.market, case.asked["book"]
    at = {t: i for i, t in enumerate(market.tickers)}
    orders = {str(o["ticker"]): float(o["shares"]) for o in ticket.orders.to_dict("records")}
    shares = dict(book.amounts)
    for ticker, count in orders.items():
        shares[ticker] = shares.get(ticker, 0.0) + count
    shares = {t: n for t, n in shares.items() if n != 0.0}
    last = {t: float(market.close[-1, at[t]]) for t in at}
    before = sum(n * last[t] for t, n in book.amounts.items()) + book.cash_usd
    nav = before - float(ticket.orders["cost_usd"].sum())
    buckets = {t: str(market.bucket_of(t)) for t in shares}
    exact = figures({t: n * last[t] for t, n in shares.items()}, buckets, nav)
    known = Known(
        closes={t: market.close[:, i].tolist() for t, i in at.items()},
        volumes={t: market.volume[:, i].tolist() for t, i in at.items()},
        shares=shares, nav=nav, orders={t: n for t, n in orders.items() if n}, fees=case.fees,
        margin=OracleMargin(action=Action.REPORT), moves=case.moves, factors=FACTORS,
    )  # fmt: skip
    joint = sorted({*shares, *book.amounts, *orders})
    sizes = {kind: {of: float(x) for of, x in exact[kind].items()} for kind in SIZES}
    return {**sizes, **risk_figures(known, joint, confidence), **greek_figures(shares, last, buckets)}


def greek_figures(
    shares: dict[str, float], last: dict[str, float], buckets: dict[str, str]
) -> dict[str, dict[str, float]]:
    """Shares have the delta that they are worth, ticker by ticker, bucket by bucket and together."""
    delta = {"book": 0.0}
    for ticker, count in shares.items():
        value = count * last[ticker]
        for of in ("book", ticker, buckets[ticker]):
            delta[of] = delta.get(of, 0.0) + value
    return {"delta_usd": {of: abs(x) for of, x in delta.items()}, **{kind: {"book": 0.0} for kind in NO_CURVATURE}}


def check(seed: int, folder: Path) -> tuple[int, int]:
    """How many of a random ticket's limits are broken and undefined; raises where the oracle says otherwise."""
    case = a_case(seed, folder)
    draw = np.random.default_rng(seed + 1)
    confidence = float(draw.choice([0.9, 0.95]))
    rest = {name: value for name, value in case.asked.items() if name != "trade"}
    plain = hb.ticket(case.asked["trade"], case.market, **rest)
    found = oracle(case, plain, confidence)
    assert set(found) == set(KINDS)
    limits: dict[str, Any] = {"confidence": confidence}
    expected: set[tuple[str, str, State]] = set()
    for kind, values in found.items():
        least = kind == "headroom"
        known = {of: x for of, x in values.items() if x == x}
        around = float(draw.choice(list(known.values()))) if known else 1.0
        if kind == "delta_usd":
            around = known["book"]
        bound = around * (1.0 + float(draw.choice([-NEAR, NEAR])))
        own = {}
        if kind in BY_NAME and known:
            of = str(draw.choice([of for of in known if of != "book"]))
            own = {of: known[of] * (1.0 + float(draw.choice([-NEAR, NEAR])))}
        limits[kind] = {"min": bound} if least else {"max": bound, **({"by_name": own} if own else {})}
        for of, value in values.items():
            if kind == "delta_usd" and of != "book" and of not in own:
                continue  # Its `max` is of the whole book.
            at = own.get(of, bound)
            broken = value < at if least else value > at
            if value != value or broken:
                expected.add((kind, of, State.NOT_EVALUATED if value != value else State.FAIL))
    made = hb.ticket(case.asked["trade"], case.market, **rest, limits=hb.Limits.model_validate(limits))
    assert made.orders.equals(plain.orders), seed
    told = {(one.limit, one.of, one.state) for one in made.limits if not one.kept}
    assert told == expected, (seed, told ^ expected)
    assert made.passed == (not expected), seed
    return sum(state is State.FAIL for *_, state in told), sum(state is not State.FAIL for *_, state in told)


def test_no_breach_is_missed_and_none_invented(tmp_path: Path) -> None:
    found = np.array([check(seed, tmp_path) for seed in range(6)]).sum(axis=0)
    assert found[0] > 20
    assert found[1] > 0


if __name__ == "__main__":
    count = int(sys.argv[1])
    with TemporaryDirectory() as place:
        broken, undefined = np.array([check(seed, Path(place)) for seed in range(count)]).sum(axis=0)
    print(f"{count} books, {broken} breaches and {undefined} undefined figures, all as the oracle has them")
