"""The tables of an event study, as finished text for the terminal and for the HTML report."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from hedgebook.engine.event_study.definitions import HEADLINES, TESTS
from hedgebook.engine.event_study.result import EventStudy

from ..page.numbers import UNDEFINED, count, number, percent
from ..page.table import Table, columns

SMALLEST_P = 0.0001
SHORT = {"portfolio": "Portfolio", "kolari-pynnonen": "Kol-Pyn", "permutation": "Permut.", "corrado-rank": "Rank"}
ASSUMED = "They take tickers as independent, which names that share one date are not, so they reject far too often."


def p_text(p: float) -> str:
    """A p-value with four decimals, as <0.0001 where it is smaller."""
    return f"<{SMALLEST_P}" if p < SMALLEST_P else number(p, 4)


def window_words(label: str) -> str:
    """A window's label as a reader takes it."""
    if label in ("open-to-close", "gap"):
        return {"open-to-close": "session 0, open to close", "gap": "session 0, close before to open"}[label]
    if ".." in label:
        return f"sessions {label.replace('..', ' to ')}"
    return f"session {label}"


def groups_table(study: EventStudy, window: str) -> Table:
    """Mean abnormal returns by bucket in a window, with the p-values of the headline tests."""
    groups = study.groups[study.groups["window"] == window]
    rows = []
    for line in groups.to_dict("records"):
        found = study.tests_of(line["group"], window)["p_value"]
        rows.append(
            (
                str(line["group"]),
                count(line["tickers"]),
                percent(line["caar"]),
                percent(line["bhaar"]),
                percent(line["standard_error"]),
                *(p_text(float(found[name])) for name in HEADLINES),
            )
        )
    names = ("Group", "N", "CAAR", "BHAAR", "Error", *(SHORT[name] for name in HEADLINES))
    note = "Mean over N tickers, error of the portfolio test; then the p-values of the headline tests."
    return Table(f"Abnormal returns, {window_words(window)}", columns(*names), tuple(rows), note)


def headline_tests_table(study: EventStudy, window: str) -> Table:
    """The tests that keep their size when all tickers share one date, for the portfolio of all tickers."""
    note = "They allow for all names sharing one date."
    return Table(
        f"Headline tests of the portfolio, {window_words(window)}",
        columns("Test", "Statistic", "p-value", "Reference", "df"),
        _tests(study.headline, window, "portfolio"),
        note,
    )


def diagnostics_table(study: EventStudy, window: str, group: str = "portfolio") -> Table:
    """The tests that do not, labelled so."""
    return Table(
        f"Diagnostics only, not evidence: {group}, {window_words(window)}",
        columns("Test", "Statistic", "p-value", "Reference", "df"),
        _tests(study.diagnostics, window, group),
        ASSUMED,
    )


def _tests(tests: pd.DataFrame, window: str, group: str) -> tuple[tuple[str, ...], ...]:
    kept = tests[(tests["window"] == window) & (tests["group"] == group)]
    rows = []
    for line in kept.to_dict("records"):
        value = float(line["statistic"])
        shown = percent(value) if line["test"] == "permutation" else number(value)
        reference = str(line["reference"]) if math.isfinite(value) else "too few tickers or sessions"
        if math.isfinite(line["draws"]):
            reference = f"{count(line['draws'])} cases"
        rows.append((str(line["test"]), shown, p_text(float(line["p_value"])), reference, count(line["df"])))
    return tuple(rows)


def split_table(study: EventStudy, *, tickers: bool = False) -> Table:
    """Session 0 in the gap, which nobody could trade on the news, and what came after the open."""
    kept = study.split if tickers else study.split[study.split["kind"] == "group"]
    rows = tuple(
        (
            str(name),
            count(line["tickers"]),
            percent(line["abnormal"]),
            percent(line["gap_abnormal"]),
            number(line["gap_t"]),
            percent(line["tradable_abnormal"]),
            number(line["tradable_t"]),
            percent(line["tradable_return"]),
        )
        for name, line in zip(kept.index, kept.to_dict("records"), strict=True)
    )
    names = ("Name", "N", "Session 0", "Gap", "t", "After open", "t", "Raw")
    note = (
        "Abnormal returns. Gap: close before to open, untradable. After open: tradable; Raw: without the model. "
        "The parts differ from the session by compounding and by models of their own."
    )
    return Table(f"The gap and the rest of {study.first_fill}", columns(*names), rows, note)


def tickers_table(study: EventStudy, window: str) -> Table:
    """Abnormal returns by ticker in a window, with their prediction errors."""
    kept = study.windows[study.windows["window"] == window]
    rows = tuple(
        (
            str(line["ticker"]),
            _bucket(line["bucket"]),
            percent(line["car"]),
            percent(line["bhar"]),
            percent(line["standard_error"]),
            number(line["t"]),
            p_text(float(line["p_value"])),
        )
        for line in kept.to_dict("records")
    )
    names = ("Ticker", "Bucket", "CAR", "BHAR", "Error", "t", "p-value")
    note = "One name alone: its error is that of a prediction from the estimation window."
    return Table(f"By ticker, {window_words(window)}", columns(*names, left=2), rows, note)


def models_table(study: EventStudy) -> Table:
    """The model of each ticker."""
    betas = [name for name in study.tickers.columns if str(name).startswith("beta_")]
    rows = tuple(
        (
            str(ticker),
            _bucket(line["bucket"]),
            percent(line["alpha"], 3),
            *(number(line[name]) for name in betas),
            percent(line["residual_sd"]),
            count(line["sessions"]),
        )
        for ticker, line in zip(study.tickers.index, study.tickers.to_dict("records"), strict=True)
    )
    names = ("Ticker", "Bucket", "Alpha", *(f"Beta {name[5:]}" for name in betas), "Deviation", "Sessions")
    note = "Alpha and residual deviation a session; sessions with a return in the estimation window."
    return Table("Models", columns(*names, left=2), rows, note)


def excluded_table(study: EventStudy) -> Table:
    """Tickers that were left out, and why."""
    rows = tuple(
        (str(line["ticker"]), "all" if line["window"] == "all" else window_words(line["window"]), str(line["reason"]))
        for line in study.excluded.to_dict("records")
    )
    return Table("Left out", columns("Ticker", "Window", "Reason", left=3), rows, "" if rows else "Nobody.")


def implied_table(study: EventStudy) -> Table:
    """What options expected of session 0 and what came; empty where no chain was given."""
    found = study.implied
    if found is None:
        return Table("What options expected", columns("Figure", "Value"), ())
    one, split = found.expected, found.expected.variance
    quotes = f"{percent(one.low_frac)} to {percent(one.high_frac)}"
    inside = "yes" if found.within_quotes else "no"
    nothing: tuple[tuple[str, str], ...] = ()
    if found.note:
        inside = UNDEFINED
        quotes = UNDEFINED if math.isnan(one.low_frac) and math.isnan(one.high_frac) else quotes
        variance = f"{split.variance:.3g}".replace("-", "−")
        nothing = (("Event in the quotes", f"none: its variance is {variance}, not above zero"),)
    rows = (
        *nothing,
        ("Expected absolute move of the event's day", percent(split.expected_frac)),
        ("The same at the bid and at the ask", quotes),
        ("One standard deviation of that day", percent(split.deviation_frac)),
        (f"Realised on {found.session}", percent(found.realised_frac)),
        ("Realised, in standard deviations", number(found.deviations)),
        ("Size between bid and ask", inside),
        (f"Straddle of {one.near}, of the forward", percent(one.move.expected_frac)),
        (f"Volatility of other days, by {one.far}", percent(split.base_vol_annual)),
    )
    note = (
        "From the last quotes before session 0: the variance of the event's day, split from that of all other days by "
        "two expiries. The expected absolute move is 0.8 of a standard deviation. Realised: close to close."
    )
    title = f"What options of {one.ticker} expected at {one.session}"
    return Table(title, columns("Figure", "Value"), rows, note)


def definitions_table() -> Table:
    """What each test compares, and where it comes from."""
    rows = tuple((t.name, "headline" if t.headline else "diagnostic", t.definition) for t in TESTS)
    return Table("Tests", columns("Test", "Use", "Definition and source", left=3), rows)


def _bucket(value: object) -> str:
    return value if isinstance(value, str) else UNDEFINED


def study_windows(study: EventStudy) -> Sequence[str]:
    """Labels of the windows, in the order in which they were asked for."""
    return [window.label for window in study.requested]
