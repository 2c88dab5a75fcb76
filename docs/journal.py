"""docs/journal.md: how a journal is kept and how often its alarm is wrong, with what was measured of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# The measurements stand beside the package, not in it.
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.alarm import BEFORE, WANTED_POWER
from hedgebook.engine.live.alarm import EARLY_SESSIONS, FIRST_LOOK, LEVEL, LONGEST_LIFE_SESSIONS, PATHS, WHOLE_SESSIONS
from hedgebook.strategies.journal.standing import JUMP_ANNUAL, JUMP_TIMES
from hedgebook.strategies.ticket.forecast import LEVELS
from hedgebook.strategies.ticket.forecast import PATHS as DRAWS
from hedgebook.universes.watch.indicators import INDICATORS

FIGURES = Path(__file__).parents[1] / "benchmarks" / "figures"
USE = """# A trade that is on

```
hedgebook journal open long-meta-short-neocloud --prices PRICES --limit gross_frac=1.2
hedgebook journal open TICKET_FOLDER --prices PRICES   # what hedgebook ticket --out has written
hedgebook journal mark --prices PRICES                 # every day, as from cron
hedgebook journal show long-meta-short-neocloud --out page --pdf
hedgebook journal ls
hedgebook journal verify
hedgebook journal close long-meta-short-neocloud --note "the thesis is refuted"
```

`open` fixes what the trade wants, its rules, costs, account, forecast and limits; `mark` adds a row for each session
since the last one, in order; nothing is ever changed. A trade may be opened before its entry, on the day, or later:
its rows are the same. The journal of a ticket trades the ticket's own shares, and looks at its limits every day, those
of greeks among them; those of an order, of risk and of stress are the ticket's alone, and so are those of greeks where
the ticket's account holds options. A note says which are not looked at. A strategy that decides again and again, such
as a rebalanced basket, a rank or a pair, is followed by its ticket: the orders are held as they are until the journal
is closed, since what it decides later follows from prices that are not there yet; close it and open one of a new ticket
then. `mark` prints one line a journal and exits with 0 where all is well, 1 where somebody is asked for, 2 where
something cannot be used:

```
0 18 * * 1-5  hedgebook journal mark --prices store: || mail -s "hedgebook" me
```

From Python: `hb.journal.open`, `mark`, `show`, `close`, `table`, `verify`. The file is the workspace's
`.hedgebook/journal.sqlite` where there is one, else the user's; `HEDGEBOOK_JOURNAL=FILE` and `--journal FILE` name
another.

## What a row says

NAV, P&L and costs are those of the engine that runs backtests, simulated on to that session: nothing is written off
because the prices end there, and orders wait as they would. Each row holds the prices that it follows from, P&L by
ticker, costs by cause, borrow fees, the margin requirement and the headroom, the distance to each stop, each limit
with value and bound, the place in the forecast and the state of the alarm.

| Alert | When |
|---|---|
| alarm | P&L drifts down: see below |
| exit | a rule has decided at this close, and the next open trades |
| limit | a value is beyond its bound |
| overdue | own fills are still held after the planned exit of the trade that they are of |
| margin | NAV is below the requirement |
| borrow | the fee of a short has grown to {times:g} times that at the entry or more, and by {jump:.0%} a year |
| stale | a held ticker has had no price for as many sessions as the account allows |
| revised | an open, a close, an exchange rate or an action that was kept is now another one in the source |

A ticker without a price is held at its last one, and the row says since when.

## Several exchanges, and raw prices

```
hedgebook journal open long-meta-short-asia-memory --universe ai_infrastructure_global --prices PRICES
hedgebook journal open long-meta-short-memory --prices RAW --actions ACTIONS
```

Of a trade over several exchanges there is a row for each day on which one of its exchanges trades, at the last close of
that day, and only once all of them have closed. What an exchange that is closed holds is worth its last price at the
rate known by then. Prices are kept in the currency of each exchange, with every rate that was known; figures are in
USD. The first exchange counts the sessions of the forecast and the alarm: what others do on its holidays belongs to its
next session.

Beside raw prices with corporate actions, `mark` needs `--actions` too: splits change shares, dividends are paid to
longs and by shorts, as in a run, and each row holds the actions of its day. An action that delivers shares of a ticker
that no prices are kept of is refused, with what to do. A journal that was opened on adjusted prices goes on with
adjusted ones.

Either journal ends where the run of the same prices does: tests hold NAV of each day to 1e-9 of the run's, and to that
of an account in plain Python, with missing opens, a halt and a holiday on one exchange.

## Own fills

`hedgebook journal open TRADE --fills FILLS.csv` keeps a trade that is really on; without a trade, the fills alone.
Later fills come with `journal mark NAME --fills FILLS.csv`.

```
date,ticker,shares,price,commission
2026-07-01,META,700,608.40,3.50
2026-07-01,NBIS,-900,240.02,4.50
```

Prices and commissions are in the currency that the ticker is quoted in, and come into USD at the rate known at the open
of that session; the date is the day at the exchange. Every fill is booked at its own price and commission; borrow,
interest and margin are those of the costs and the account. The page holds each against the model: what its price gave
away against the open of its session, what the model expects of half-spread, slippage and impact, and what is left.
Everything that is wrong with a file is said at once, and nothing of it is used then. A fill of a session that has been
marked is refused: open another journal.

## Prices that change

The price that was seen first stays. `mark` compares every kept cell with the source; each that differs is named with
ticker, session, field, both figures and the session after which it was noticed. So it is with exchange rates, by
currency and moment, and with corporate actions; what comes late is named too, and changes no row. Where the closes of a
ticker are all one factor of the kept ones, as after a dividend in adjusted prices, the factor is told as one thing, and
later prices are brought to the kept scale. So it is after a split, where volumes move by the inverse factor: shares
stay those that were bought, on the scale of the kept prices. `journal verify` makes every row again from what is kept,
byte for byte, and follows the chain of hashes that ties each entry to the one before: an entry that was changed, taken
out or put in is named.

A journal that was opened on real prices refuses simulated ones, and the reverse; a file may be moved, renamed or
renewed.
"""


def journal_markdown() -> str:
    """The page as Markdown."""
    return "\n".join((USE.format(times=JUMP_TIMES, jump=JUMP_ANNUAL), *_measured(), *_forecast(), *_alarm(), *_watch()))


def _kept(name: str) -> dict[str, Any] | None:
    path = FIGURES / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _measured() -> Iterable[str]:
    found = _kept("journal.json")
    if found is None:
        return
    kills, cells, replay = found["kills"], found["revisions"], found["replay"]
    yield "Measured by `python -m benchmarks journal`:\n"
    yield _table(
        ("What", "Found"),
        (
            (
                f"{kills['kills']} processes killed at a random moment of marking (kill -9)",
                f"{kills['told']} sessions told of before, {kills['lost']} lost; every entry and row sound",
            ),
            (
                f"{cells['injected']:,} cells of a source changed, the least by {cells['smallest_frac']:g} of itself",
                f"{cells['named']:,} named with both figures, none named twice",
            ),
            (
                f"{replay['rows']:,} rows of {replay['trades']} trades made again from the file",
                "the same bytes; NAV is that of the backtest to the last bit",
            ),
            ("A mark, market in memory", f"{1e3 * replay['mark_seconds']:.0f} ms"),
        ),
    )


def _forecast() -> Iterable[str]:
    yield "## The forecast\n"
    yield (
        "That of the ticket: what is held at the entry, held as it is, over its planned life, in "
        f"{DRAWS:,} paths of whole sessions drawn in blocks from those before the entry, each ticker's mean return "
        "taken out, less expected costs. The place of a row is the percentile of its P&L among those paths at that "
        f"session, between {LEVELS[0]:.0%} and {LEVELS[-1]:.0%}; below them the row says so. Its daily scale is that "
        "of the alarm.\n"
    )


def _alarm() -> Iterable[str]:
    yield "## The alarm\n"
    yield (
        "It asks every session whether the trade's daily P&L, before the costs of trading, drifts against who holds "
        "it. Given how large the P&L of each session was, its sign is a fair coin where P&L is symmetric about zero, "
        "whatever its tails and however its volatility moves. The score is the sum of losses over the root of the sum "
        "of squares, of all sessions or of the last 20, whichever is higher; its bound is taken from what such coins "
        f"give on these very sizes: all sign paths of the first {WHOLE_SESSIONS} sessions, and {PATHS:,} of them after "
        f"that. So the level holds for every symmetric law, exactly in the first {WHOLE_SESSIONS} sessions and to what "
        "so many paths can be off after them, and an error in the forecast's deviation, which "
        "only says what is too large to count in full, cannot move it. "
        f"Of the level of {LEVEL:.0%} nothing is spent before session {FIRST_LOOK}, 70 % by session {EARLY_SESSIONS}, "
        f"and the rest evenly by the end of the planned life, which is {LONGEST_LIFE_SESSIONS} sessions at most.\n"
    )
    found = _kept("alarm.json")
    if found is None:
        yield "Not measured yet.\n"
        return
    trades = int(found["power"][0]["trades"])
    yield (
        f"Measured on {trades:,} simulated trades, or so many as stand there, by `python -m benchmarks alarm`, the "
        f"deviation estimated from {BEFORE} sessions before. False alarms over {LONGEST_LIFE_SESSIONS} sessions "
        "without drift; the last row is what it cannot take: P&L whose losses are many and small and whose gains are "
        "few and large.\n"
    )
    yield _table(
        ("P&L", "Deviation told", "Trades", "False alarms"),
        [
            (one["kind"], f"{one['scale']:g} times the estimate", f"{one['trades']:,}", f"{one['share']:.2%}")
            for one in found["false"]
        ],
    )
    yield (
        f"Drift of one daily deviation against the trade from its first session on, found within {EARLY_SESSIONS} "
        f"sessions, of which {WANTED_POWER:.0%} were wanted. No alarm of this level can find more than the last "
        "column: to be raised by the tenth session is a test on ten sessions, whose level is at most that of the "
        "whole life, and of such tests the likelihood ratio has the most power (Neyman and Pearson). It knows the law "
        "and the deviation; for the normal it finds Phi(sqrt(10) - 1.645).\n"
    )
    yield _table(
        ("P&L", "Found", "At most"),
        [
            (one["kind"], f"{one['share']:.1%}", "-" if one["bound"] is None else f"{one['bound']:.1%}")
            for one in found["power"]
        ],
    )
    yield _table(
        ("Normal P&L", "Found"),
        [
            (
                f"{one['drift']:g} deviations from session {one['begins'] + 1} on, within {one['within']} sessions",
                f"{one['share']:.1%}",
            )
            for one in found["later"]
        ],
    )


def _watch() -> Iterable[str]:
    yield "## The indicators\n"
    yield (
        "The page says what the trade's thesis is, which sign it expects and what would refute it, and lists the news "
        "of four indicators since the entry with what each was expected to favour and to hurt, held against the legs "
        "of the trade. They are events with these tags; some tags of the shipped library count too.\n"
    )
    yield _table(("Tag", "Indicator", "Tells"), [(f"`{one.tag}`", one.title, one.tells) for one in INDICATORS])
    yield (
        "An event of your own is appended to your library, checked against calendar, universe and the tags in use, "
        "and needs its day, its timing and a source:\n"
    )
    yield (
        "```\nhedgebook new event hbm-spot-2026-11 --on 2026-11-18 --timing after-close --headline "
        '"HBM spot prices fall for the third week" --source "a report of that day" --tag memory-prices '
        "--loser memory\n```\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines) + "\n"


if __name__ == "__main__":
    print(journal_markdown(), end="")
