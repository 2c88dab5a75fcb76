"""docs/verdict.md: the rule of a verdict, and how often it is wrong, for readers of the repository."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# The measurements and the code that makes them stand beside the package, not in it.
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.verdict.markets import ALPHA, BETA, DAILY, FREEDOM, SECTORS, SHARED_FRAC, TICKERS
from benchmarks.verdict.measured import interval, kept
from benchmarks.verdict.sweeps import MEMORY, PAIRS, SESSIONS, SIGNALS
from hedgebook.engine.refute.scaled import LEVEL
from hedgebook.engine.refute.series import PLANTED as PLANTED_SHARPE
from hedgebook.engine.refute.series import WORTH_HAVING as WORTH_SHARPE
from hedgebook.engine.refute.verdict import FOUND_FRAC, PLANTED, WORTH_HAVING
from hedgebook.engine.sweep.analysis.luck_verdict import RULE as SWEEP_RULE
from hedgebook.reports.refute.words import RULE

NOT_MEASURED = "Not measured yet.\n"
VERDICTS = ("SURVIVES", "REFUTED", "UNDERPOWERED", "BLIND")


def verdict_markdown() -> str:
    """The page as Markdown."""
    return "\n".join(
        (
            "# Verdicts and how often they are wrong\n",
            "`hedgebook refute` ends in one word. This page says by which rule, and how often that word is wrong where "
            "the truth is known. It is written by `python docs/verdict.py > docs/verdict.md` from figures in "
            "benchmarks/verdict/figures; the command that measures each stands beside it.\n",
            *_rule(),
            *_generator(),
            *_noise(),
            *_edges(),
            *_markets(),
            *_sweep_rule(),
            *_real(),
        )
    )


def _rule() -> Iterable[str]:
    yield "## The rule\n"
    yield (
        "It was fixed before any of the figures below, but for two sentences that came later and concern no simulated "
        "case. Holdings that hardly change: a verdict that needs one test less still needs all the others. Ruin: it "
        "can only turn another verdict into REFUTED.\n"
    )
    yield RULE + "\n"
    yield _table(
        ("", "Events", "Always on"),
        (
            ("Level of every test", f"{LEVEL:.0%}", f"{LEVEL:.0%}"),
            ("Edge worth having", f"{WORTH_HAVING} deviations of the holding period", f"Sharpe ratio {WORTH_SHARPE}"),
            ("Planted edge of the control", f"{PLANTED} deviations", f"Sharpe ratio {PLANTED_SHARPE}"),
            ("Share of cases in which it must be found", f"{FOUND_FRAC:.0%}", f"{FOUND_FRAC:.0%}"),
        ),
    )


def _generator() -> Iterable[str]:
    yield "## The markets\n"
    yield (
        f"{TICKERS} tickers in {SECTORS} sectors: r = b m + c s + e, with m the market's return, s the sector's, e the "
        f"ticker's own, each a GARCH(1, 1) with alpha {ALPHA} and beta {BETA} driven by Student's t with "
        f"{FREEDOM:.0f} degrees of freedom, a session's deviation being {DAILY:.0%} or so. A trade is long one ticker "
        "and short three of one sector. On the holding periods of events the returns of its tickers are multiplied by "
        "a ratio drawn from 1 to 3, the same for all events of a case, past and own; "
        f"{SHARED_FRAC:.0%} of own events share their session with the one before. No event has an edge unless one is "
        "planted. Each test of a case has 199 placebos. The code is benchmarks/verdict/markets.py.\n"
    )


def _noise() -> Iterable[str]:
    yield "## False SURVIVES\n"
    yield (
        f"SURVIVES where there is no edge, with its 95 % binomial interval (Clopper and Pearson). At most {LEVEL:.0%} "
        "is wanted; it is less because every test must reject.\n"
    )
    rows = []
    for one in kept("noise") or ():
        rows.append((f"{one['events']} ({one['past']} earlier)", *_rates(one)))
    sweep = kept("sweeps")
    if sweep:
        rows.append((f"Best of {sweep['sets']:,} sets", *_rates(sweep)))
    yield _table(("Events", "Cases", "False SURVIVES", "Interval", *VERDICTS[1:]), rows)
    yield "Measured by `python -m benchmarks.verdict noise 10000`" + (
        f" and `python -m benchmarks.verdict sweeps {sweep['cases']}`.\n" if sweep else ".\n"
    )
    yield (
        f"A sweep is {PAIRS * SIGNALS:,} sets over {SESSIONS} sessions of the same returns: {PAIRS} pairs of tickers, "
        f"long one and short the other, each under {SIGNALS} signals that know nothing (autocorrelation {MEMORY}). Its "
        "best set by Sharpe ratio passes placebo dates, placebo baskets, twin and benchmark nearly always, as it was "
        "chosen for it; what holds it back is the test of the search.\n"
    )
    yield (
        f"How often each test alone rejects where there is no edge. Placebo baskets and, of many events, placebo dates "
        f"do so in more than {LEVEL:.0%} of cases: random legs share less with one another than with the trade, and a "
        "history has few independent dates. A verdict needs all tests, so its level is that of the strictest of them:\n"
    )
    rows = [
        (f"{one['events']} events" if one["events"] > 1 else "1 event", test, f"{share:.2%}")
        for one in kept("noise") or ()
        for test, share in one["rejected"].items()
    ]
    rows += [("Sweep", test, f"{share:.2%}") for test, share in (sweep or {}).get("rejected", {}).items()]
    yield _table(("Case", "Test", "Rejects"), rows)


def _rates(one: dict[str, Any]) -> tuple[str, ...]:
    counts, cases = one["verdicts"], one["cases"]
    low, high = interval(counts["SURVIVES"], cases)
    rest = (f"{counts[name] / cases:.1%}" for name in VERDICTS[1:])
    return f"{cases:,}", f"{counts['SURVIVES'] / cases:.2%}", f"{low:.2%} to {high:.2%}", *rest


def _edges() -> Iterable[str]:
    yield "## The edge that is found\n"
    found = kept("edges")
    if not found:
        yield NOT_MEASURED
        return
    yield (
        f"The edge of every event, in deviations of such an event's holding period, that ends in SURVIVES in "
        f"{FOUND_FRAC:.0%} of cases, between two points of a grid on a straight line. {' '.join(_errors(found))}\n"
    )
    rows = [
        (
            f"{one['events']} ({one['past']} earlier)", f"{one['cases']:,}", f"{one['found_at']:.2f}",
            ", ".join(f"{edge:g}: {share:.0%}" for edge, share in zip(one["edges"], one["shares"], strict=True)),
        )
        for one in found
    ]  # fmt: skip
    yield _table(("Events", "Cases", "Found at", "Share found at each edge"), rows)
    yield "Measured by `python -m benchmarks.verdict edges CASES`.\n"


def _errors(found: Sequence[dict[str, Any]]) -> Iterable[str]:
    for cases in sorted({one["cases"] for one in found}, reverse=True):
        error = math.sqrt(FOUND_FRAC * (1.0 - FOUND_FRAC) / cases)
        yield f"A share of {cases:,} cases has an error of {error:.1%}."


def _markets() -> Iterable[str]:
    yield "## Whole markets through the command\n"
    found = kept("markets")
    if not found:
        yield NOT_MEASURED
        return
    yield (
        f"Prices, universe, trade and events in files, read by `hedgebook refute`: {found['events']} events, "
        f"{found['past']} earlier ones, no edge, options {found['options']}.\n"
    )
    yield _table(("Markets", "False SURVIVES", "Interval", *VERDICTS[1:]), [_rates(found)])
    yield f"Measured by `python -m benchmarks.verdict markets {found['cases']}`.\n"


def _sweep_rule() -> Iterable[str]:
    yield "## The two sentences of a sweep\n"
    yield SWEEP_RULE + "\n"
    found = kept("families")
    if not found:
        return
    yield "How often each is said where the truth is known:\n"
    yield _table(
        ("Sets", "Cases", "Stands out", "Doubtful", "Not told from luck", "Choice adds", "Choice adds nothing"),
        [
            (one["what"], f"{one['cases']:,}", *(f"{one['said'].get(name, 0) / one['cases']:.1%}" for name in FAMILY))
            for one in found
        ],
    )
    yield f"Measured by `python -m benchmarks.verdict families {found[0]['cases']}`.\n"


FAMILY = ("stands out", "doubtful", "not told from luck", "choice adds", "choice adds nothing")


def _real() -> Iterable[str]:
    yield "## The catalogue on real prices\n"
    found = kept("real")
    if not found:
        yield NOT_MEASURED
        return
    yield (
        "Event trades on their own event, and on every event that shares a tag with it; other strategies over all of "
        "their sessions. p: the highest of the tests. Needed: events or sessions like these that an edge worth having "
        "needs to be seen by every test.\n"
    )
    rows = []
    for one in found:
        if "problem" in one:
            rows.append((one["name"], one["problem"].replace("|", "/"), "-", "-", "-"))
            continue
        known = [p for p in one["p"].values() if p is not None]
        needed = "-" if one["needed"] is None else f"{one['needed']:,}"
        rows.append((one["name"], one["subject"], one["verdict"], f"{max(known):.3f}" if known else "-", needed))
    yield _table(("Strategy", "Tried on", "Verdict", "Highest p", "Needed"), rows)
    yield "Measured by `python -m benchmarks.verdict real PRICES`.\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(verdict_markdown(), end="")
