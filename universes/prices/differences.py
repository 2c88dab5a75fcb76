"""What the cells in which two price files differ look like: a delay, a swap, a factor, a copy, or none of these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..market import FIELDS, Field
from .findings import Pair, PriceFinding, Severity, span

Rows = NDArray[np.int64]
TOLERANCE_FRAC = 1e-6  # float32 keeps seven digits
FACTOR_TOLERANCE_FRAC = 1e-4  # cells rounded to cents keep four or five
MOST = 0.9  # of the differing cells that an explanation has to fit
FEWEST = 3  # cells that a delay, a swap or an odd factor needs: fewer fit by chance
# Half a cent, and for prices of a few dollars a thousandth of them: as near to a close an open may be by rounding.
CENT_USD, CENT_FRAC = 0.00501, 1e-3
SAMPLE = 7  # rows by which another ticker is looked for
LONG_RUN = 5  # sessions one after the other with the same odd factor, which is no chance
NEAR_ONE_FRAC = 3e-4  # a factor as near to one as this is told as a difference
MOST_FACTORS = 3  # more of them for one ticker are one finding
SHIFTS = (1, -1, 2, -2, 3, -3, 4, -4, 5, -5)
# Factors that a single cell shows: shifted decimal points, pence for pounds, and usual splits.
PLAIN_FACTORS = (10.0, 100.0, 1000.0, 2.0, 3.0, 4.0, 5.0, 8.0, 15.0, 20.0, 25.0, 30.0, 50.0, 1.5)
OTHERS: tuple[Field, ...] = tuple(field for field in FIELDS if field != "close")


def cell_findings(pair: Pair) -> list[PriceFinding]:
    """Every way in which the tickers that both files have differ."""
    differing = differ(pair.a["close"], pair.b["close"])
    found: list[PriceFinding] = []
    told: dict[int, Rows] = {}
    for i in range(len(pair.tickers)):
        rows = np.flatnonzero(differing[:, i])
        if i in told or not rows.size:
            continue
        story = _shifted(pair, i, rows) or _exchanged(pair, i, rows)
        if story is not None:
            found.append(story.finding)
            told |= story.told
    for i in range(len(pair.tickers)):
        rows = np.flatnonzero(differing[:, i])
        rows = rows[~np.isin(rows, told.get(i, rows[:0]))]
        factors, left = _factors(pair, "close", i, rows)
        found += factors
        if left.size:
            found.append(_values(pair, "close", i, left))
        if i not in told:
            found += _other_fields(pair, i, set(rows.tolist()) - set(left.tolist()))
        found += _missing(pair, i)
    return found


@dataclass(frozen=True, eq=False)
class Story:
    """A finding on whole tickers, and the rows of each that it explains."""

    finding: PriceFinding
    told: dict[int, Rows]


def differ(a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Cells that both have and that are more than a millionth of the larger apart."""
    with np.errstate(invalid="ignore"):
        far = np.abs(a - b) > TOLERANCE_FRAC * np.maximum(np.abs(a), np.abs(b))
    return np.asarray(far & np.isfinite(a) & np.isfinite(b), dtype=np.bool_)


def _same(a: Floats, b: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(a) & np.isfinite(b) & ~differ(a, b), dtype=np.bool_)


def _fits(matching: NDArray[np.bool_], needed: int = FEWEST) -> bool:
    return bool(matching.size >= needed and matching.mean() >= MOST)


def _shifted(pair: Pair, i: int, rows: Rows) -> Story | None:
    """Closes of one file that stand some sessions later or earlier in the other, sessions without closes left out."""
    a, b = pair.a["close"][:, i], pair.b["close"][:, i]
    there = np.flatnonzero(np.isfinite(a))
    place = np.searchsorted(there, rows)  # every differing row has a close in a
    for shift in SHIFTS:
        source = place - shift
        inside = (source >= 0) & (source < len(there))
        matching = np.zeros(rows.size, dtype=np.bool_)
        matching[inside] = _same(a[there[source[inside]]], b[rows[inside]])
        if not _fits(matching[inside]):
            continue
        sessions = f"{abs(shift)} session{'s' if abs(shift) > 1 else ''}"
        late = "later" if shift > 0 else "earlier"
        first, last = pair.days(rows)
        ticker = pair.tickers[i]
        text = f"{ticker} comes {sessions} {late} in {pair.names[1]} than in {pair.names[0]}, {span(first, last)}"
        # At the ends of the part that is shifted, sessions fall out on one side.
        edge = np.minimum(np.arange(rows.size), np.arange(rows.size)[::-1]) < abs(shift)
        explained = rows[matching | ~inside | edge]
        examples = pair.examples("close", i, explained)
        finding = PriceFinding("serious", "shifted", ticker, "", len(explained), first, last, text, examples)
        return Story(finding, {i: explained})
    return None


def _exchanged(pair: Pair, i: int, rows: Rows) -> Story | None:
    """Closes of one ticker that stand under the name of another in the second file."""
    a, b = pair.a["close"], pair.b["close"]
    one, two = pair.names
    j = _alike(a, b[:, i], rows, i)
    if j is None:
        a, b, one, two = b, a, two, one
        j = _alike(a, b[:, i], rows, i)
    if j is None:
        return None
    matching = _same(a[rows, j], b[rows, i])
    first, last = pair.days(rows)
    back = _same(a[rows, i], b[rows, j])
    mine, other = pair.tickers[i], pair.tickers[j]
    examples = pair.examples("close", i, rows[matching])
    count = int(matching.sum())
    if _fits(back):
        text = f"{mine} and {other} are swapped in one of the two files, {span(first, last)}"
        finding = PriceFinding("serious", "swapped", f"{mine}, {other}", "", count, first, last, text, examples)
        return Story(finding, {i: rows[matching], j: rows[back]})
    text = f"{mine} in {two} has the closes that {other} has in {one}, {span(first, last)}"
    finding = PriceFinding("serious", "other_ticker", mine, "", count, first, last, text, examples)
    return Story(finding, {i: rows[matching]})


def _alike(closes: Floats, wanted: Floats, rows: Rows, i: int) -> int | None:
    """Another ticker than i with the wanted closes (T,) on most rows."""
    some = rows[np.unique(np.linspace(0, rows.size - 1, SAMPLE).astype(np.int64))]
    share = _same(closes[some], wanted[some, None]).mean(axis=0)
    share[i] = 0.0
    j = int(np.argmax(share))
    return j if j != i and _fits(_same(closes[rows, j], wanted[rows])) else None


def _factors(pair: Pair, field: Field, i: int, rows: Rows) -> tuple[list[PriceFinding], Rows]:
    """Differing cells with one ratio each, in runs; and the cells that have none."""
    a, b = pair.a[field][rows, i], pair.b[field][rows, i]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = b / a
    sound = np.isfinite(ratio) & (ratio > 0.0)
    left = np.ones(rows.size, dtype=np.bool_)
    found: list[PriceFinding] = []
    while (sound & left).any():
        level = _commonest(ratio[sound & left])
        member = sound & left & (np.abs(ratio / level - 1.0) <= FACTOR_TOLERANCE_FRAC)
        plain = _plain(level)
        count = int(member.sum())
        few = count < FEWEST or (count < MOST * left.sum() and _longest(member) < LONG_RUN)
        odd = few or abs(level - 1.0) <= NEAR_ONE_FRAC
        if not count or (plain is None and odd):
            break
        found.append(_factor(pair, field, i, rows[member], plain or level))
        left &= ~member
    if len(found) > MOST_FACTORS:
        found = [_readjusted(pair, field, i, rows[~left], ratio[~left])]
    return found, rows[left]


def _readjusted(pair: Pair, field: Field, i: int, rows: Rows, ratio: Floats) -> PriceFinding:
    """Many factors, as of dividends that were taken into account in one file only."""
    ticker, (one, two) = pair.tickers[i], pair.names
    text = (
        f"{field}s of {ticker} are adjusted otherwise: {ratio.min():.4g} to {ratio.max():.4g} times those of {one} "
        f"in {two}"
    )
    return pair.finding("warning", "factor", field, i, rows, text)


def _longest(member: NDArray[np.bool_]) -> int:
    """The most in a row."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], member, [False]])))
    return int(np.max(ends[1::2] - ends[::2], initial=0))


def _commonest(ratios: Floats) -> float:
    """The ratio with the most others within the tolerance."""
    ordered = np.sort(ratios)
    reach = np.searchsorted(ordered, ordered * (1.0 + FACTOR_TOLERANCE_FRAC), side="right") - np.arange(len(ordered))
    start = int(np.argmax(reach))
    return float(np.median(ordered[start : start + reach[start]]))


def _plain(level: float) -> float | None:
    """The usual factor that a ratio is, None where it is none of them."""
    for factor in PLAIN_FACTORS:
        for exact in (factor, 1.0 / factor):
            if abs(level / exact - 1.0) <= FACTOR_TOLERANCE_FRAC:
                return exact
    return None


def _factor(pair: Pair, field: Field, i: int, rows: Rows, level: float) -> PriceFinding:
    ticker, (one, two) = pair.tickers[i], pair.names
    words = f"{level:.6g} times" if level > 1.0 else f"1/{1.0 / level:.6g} of"
    many = rows.size > 1
    what = f"{field}s of {ticker} are" if many else f"the {field} of {ticker} is"
    text = f"{what} {words} {'those' if many else 'that'} of {one} in {two}"
    return pair.finding("serious", "factor", field, i, rows, text)


def _other_fields(pair: Pair, i: int, explained: set[int]) -> list[PriceFinding]:
    """Opens, highs, lows and volumes that differ otherwise than their closes do."""
    found: list[PriceFinding] = []
    for field in OTHERS:
        rows = np.flatnonzero(differ(pair.a[field][:, i], pair.b[field][:, i]))
        if field != "volume" and explained:
            # A factor of the close that the other prices of the session share is one finding, not four.
            a, b = pair.a, pair.b
            with np.errstate(divide="ignore", invalid="ignore"):
                mine = b[field][rows, i] / a[field][rows, i]
                close = b["close"][rows, i] / a["close"][rows, i]
                shared = np.abs(mine / close - 1.0) <= 10 * FACTOR_TOLERANCE_FRAC
            in_story = np.array([int(t) in explained for t in rows], dtype=np.bool_)
            rows = rows[~(shared & in_story)]
        if not rows.size:
            continue
        if field == "open":
            copied, rows = _copied(pair, i, rows)
            found += copied
        factors, rows = _factors(pair, field, i, rows) if rows.size else ([], rows)
        found += factors
        if rows.size:
            found.append(_values(pair, field, i, rows))
    return found


def _copied(pair: Pair, i: int, rows: Rows) -> tuple[list[PriceFinding], Rows]:
    """Opens that repeat a close of the same file, the one before or that of their session; and the other rows."""
    found: list[PriceFinding] = []
    for fields, other, name in ((pair.b, pair.a, pair.names[1]), (pair.a, pair.b, pair.names[0])):
        close = fields["close"][:, i]
        known = np.where(np.isfinite(close), np.arange(len(close)), -1)
        before = np.concatenate([[-1], np.maximum.accumulate(known)[:-1]]).astype(np.int64)
        for source, words in ((before, "the close before"), (np.arange(len(close)), "the close of the session")):
            at = source[rows]
            level = np.where(at >= 0, close[at], np.nan)
            apart = np.abs(other["open"][rows, i] - level)
            # A file of cents repeats many a close by rounding alone.
            copied = (fields["open"][rows, i] == level) & (apart > np.minimum(CENT_USD, CENT_FRAC * level))
            if not copied.any():
                continue
            part = rows[copied]
            ticker = pair.tickers[i]
            what = f"{part.size} opens of {ticker} repeat" if part.size > 1 else f"the open of {ticker} repeats"
            found.append(pair.finding("serious", "copied_open", "open", i, part, f"{what} {words} in {name}"))
            rows = rows[~copied]
    return found, rows


def _values(pair: Pair, field: Field, i: int, rows: Rows) -> PriceFinding:
    """Cells that differ without a pattern."""
    a, b = pair.a[field][rows, i], pair.b[field][rows, i]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.abs(b / a - 1.0)
    worst = rows[np.argsort(-np.where(np.isfinite(size), size, np.inf), kind="stable")]
    ticker = pair.tickers[i]
    largest = float(np.max(size))
    by = f", by up to {largest:.2%}" if np.isfinite(largest) and largest >= 1e-4 else ", by less than 0.01%"
    by = "" if not np.isfinite(largest) else by
    what = f"{rows.size} {field}s of {ticker} differ" if rows.size > 1 else f"a {field} of {ticker} differs"
    return pair.finding(_severity(field), "values", field, i, rows, f"{what}{by}", worst)


def _severity(field: Field) -> Severity:
    return "note" if field == "volume" else "warning"


def _missing(pair: Pair, i: int) -> list[PriceFinding]:
    """Cells of sessions that both files have, in one of which a ticker has no value."""
    found = []
    both = np.isfinite(pair.a["close"]).any(axis=1) & np.isfinite(pair.b["close"]).any(axis=1)
    ticker = pair.tickers[i]
    for field in FIELDS:
        a, b = (np.isfinite(side[field][:, i]) for side in (pair.a, pair.b))
        if not (np.isfinite(pair.a[field]).any() and np.isfinite(pair.b[field]).any()):
            continue  # A wide file has closes alone.
        for absent, name in ((a & ~b & both, pair.names[1]), (b & ~a & both, pair.names[0])):
            rows = np.flatnonzero(absent)
            if field != "close":
                closes = np.isfinite(pair.a["close"][:, i]) & np.isfinite(pair.b["close"][:, i])
                rows = rows[closes[rows]]
            if rows.size:
                what = f"{rows.size} {field}s" if rows.size > 1 else f"a {field}"
                verb = "are" if rows.size > 1 else "is"
                text = f"{what} of {ticker} {verb} missing in {name}"
                found.append(pair.finding(_severity(field), "missing", field, i, rows, text))
    return found
