"""An adjusted close held against the quoted close beside it: dividends that it lacks, and factors that drift."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Flags, Floats
from ..layouts.beside import Beside
from .fault import EXAMPLES, Fault
from .rules import RULES

EXACT = 2e-6
LEAST_STEPS, ORDINARY_STEPS, ORDINARY_WAIT = 4, 8, 8.0
UNITS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True, eq=False)
class _Series:
    """One ticker by day, all (T,): quoted and adjusted close, dividend and split, NaN where none is known of them."""

    days: NDArray[np.datetime64]
    close: Floats
    adjusted: Floats
    dividend: Floats
    split: Floats


def drift_faults(found: Sequence[Beside], members: Collection[str]) -> Iterator[Fault]:
    """What is wrong with adjusted closes, of members only, ticker by ticker; nothing of cells that are no numbers."""
    for one in found:
        for ticker, series in _by_ticker(one, members):
            for key, rows, says in _looked(series):
                yield _fault(key, ticker, series.days[rows], says)


def _by_ticker(found: Beside, members: Collection[str]) -> Iterator[tuple[str, _Series]]:
    import pyarrow as pa

    from ..prices.cells import to_days  # which a check of prices imports, and that this

    days, _, codes = to_days(found.days)
    each = days[codes]
    columns = [_numbers(column, len(each)) for column in (found.close, found.adjusted, found.dividend, found.split)]
    if isinstance(found.tickers, str):
        rows_of = {found.tickers: np.arange(len(each))}
    else:
        tickers = found.tickers
        coded = tickers if pa.types.is_dictionary(tickers.type) else tickers.dictionary_encode()
        names, at = coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False)
        rows_of = {str(name): np.flatnonzero(at == k) for k, name in enumerate(names) if str(name) in members}
    for ticker, rows in rows_of.items():
        if ticker not in members:
            continue
        close, adjusted = columns[0][rows], columns[1][rows]
        with np.errstate(invalid="ignore"):
            rows = rows[(close > 0.0) & (adjusted > 0.0) & ~np.isnat(each[rows])]
        rows = rows[np.argsort(each[rows], kind="stable")]
        if len(rows) > LEAST_STEPS:
            yield ticker, _Series(each[rows], *(column[rows] for column in columns))


def _numbers(column: Any, count: int) -> Floats:
    if column is None:
        return np.full(count, np.nan)
    from ..prices.cells import to_numbers

    values, wrong = to_numbers(column)
    return values if wrong is None else np.full(count, np.nan)


def _looked(series: _Series) -> Iterator[tuple[str, NDArray[np.int64], list[str]]]:
    """Rule, rows and what to say of each."""
    factor = series.adjusted / series.close
    step = factor[1:] / factor[:-1]
    tolerance = EXACT + _rounding(series.close) + _rounding(series.adjusted)
    changed = np.abs(step - 1.0) > tolerance
    fallen = changed & (step < 1.0) & (step > 1.0 - RULES["adjusted_drift"].limits["split"])
    share = float(changed.mean())
    if fallen.any() or share > RULES["adjusted_drift"].limits["share"]:
        rows = np.flatnonzero(fallen if fallen.any() else changed) + 1
        says = [
            f"adjusted over quoted close went from {factor[t - 1]:.6g} to {factor[t]:.6g} on {series.days[t]}"
            for t in rows.tolist()
        ]
        yield "adjusted_drift", rows, says
        return
    if np.isfinite(series.dividend).any():
        yield from _dividends(series, step, tolerance)
    else:
        yield from _overdue(series, changed)


def _rounding(values: Floats) -> Floats:
    """(T - 1,) how far a ratio of two neighbours may be off because prices are written with few decimals."""
    unit = next((u for u in UNITS if np.abs(values / u - np.rint(values / u)).max() < 1e-4), 0.0)
    return 0.5 * unit * (1.0 / values[1:] + 1.0 / values[:-1])


def _dividends(series: _Series, step: Floats, tolerance: Floats) -> Iterator[tuple[str, NDArray[np.int64], list[str]]]:
    """Dividends of the file that its adjusted close does not have, and two ways of adjusting in one series."""
    paid, close = np.nan_to_num(series.dividend)[1:], series.close
    at = np.flatnonzero(paid > 0.0)
    if not len(at):
        return
    split = np.where(np.nan_to_num(series.split[1:][at]) > 0.0, np.nan_to_num(series.split[1:][at]), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = close[at] / (close[at] - paid[at]), 1.0 + paid[at] / close[at + 1]
        # A quoted close may be adjusted for splits already.
        own = [_nearest(step[at], way, split) for way in (before, after)]
    small = tolerance[at]
    gained = np.minimum(np.abs(before - 1.0), np.abs(after - 1.0))
    gap = np.minimum(np.abs(own[0]), np.abs(own[1]))
    lacking = (gap > np.maximum(3 * small, RULES["dividend_missing"].limits["share"] * gained)) & (gained > 3 * small)
    if lacking.any():
        rows = at[lacking] + 1
        says = [
            f"the dividend of {series.dividend[t]:g} on {series.days[t]} is not in the adjusted close: its factor "
            f"moved by {step[t - 1] - 1.0:+.3%} and not by {paid[t - 1] / close[t - 1]:+.3%}" for t in rows.tolist()
        ]  # fmt: skip
        yield "dividend_missing", rows, says
    apart = np.abs(before - after) > 6 * small
    ways: tuple[Flags, Flags] = tuple(
        ~lacking & apart & (np.abs(one) < 2 * small) & (np.abs(one) < np.abs(other)) for one, other in (own, own[::-1])
    )  # type: ignore[assignment]
    if ways[0].any() and ways[1].any():
        rare = ways[0] if ways[0].sum() <= ways[1].sum() else ways[1]
        rows = at[rare] + 1
        what = "before the ex-date" if rare is ways[0] else "on the ex-date"
        says = [
            f"the dividend on {series.days[t]} is adjusted by the close {what}, others otherwise" for t in rows.tolist()
        ]
        yield "two_conventions", rows, says


def _nearest(step: Floats, way: Floats, split: Floats) -> Floats:
    plain, with_split = step - way, step / split - way
    return np.where(np.abs(plain) <= np.abs(with_split), plain, with_split)


def _overdue(series: _Series, changed: Flags) -> Iterator[tuple[str, NDArray[np.int64], list[str]]]:
    """A series without a column of dividends whose factor moved at even intervals and then no more."""
    at = np.flatnonzero(changed) + 1
    if len(at) < LEAST_STEPS:
        return
    waits = np.diff(at)[-ORDINARY_STEPS:]
    usual = float(np.median(waits))
    since = len(series.close) - 1 - int(at[-1])
    even = np.abs(waits - usual).max() <= max(ORDINARY_WAIT, 0.25 * usual)
    if even and since > usual + max(ORDINARY_WAIT, RULES["dividend_overdue"].limits["late"] * usual):
        text = (
            f"the factor moved every {usual:.0f} sessions, last on {series.days[at[-1]]}, and in the {since} since not"
        )
        yield "dividend_overdue", np.array([len(series.close) - 1]), [text]


def _fault(key: str, ticker: str, days: NDArray[np.datetime64], says: list[str]) -> Fault:
    rule = RULES[key]
    more = "" if len(says) <= EXAMPLES else f" and {len(says) - EXAMPLES} more"
    text = f"{ticker}: {'; '.join(says[:EXAMPLES])}{more}"
    return Fault(
        key, rule.severity.value, rule.title, ticker, len(days), str(days.min()), str(days.max()), text,
        tuple(says[:EXAMPLES]), rule.remedy,
    )  # fmt: skip
