"""The rules that `hedgebook check` alone looks at: spikes, interpolation, volume, opens, identity, twins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..arrays import Floats
from ..market import Market
from .fault import Fault, fault, runs_of, span_text
from .rules import RULES

SCALE_SESSIONS, VOLUME_SESSIONS = 60, 20
NORMAL_CONSISTENCY = 1.4826
SMALLEST_SCALE = 0.002
NEIGHBOURS_LEAST = 4
MOST_TWINS = 400
BEFORE_AFTER = 60


def looked_faults(market: Market) -> Iterator[Fault]:
    """Findings of the rules that take longer, ticker by ticker."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(market.close)
        moves = np.full_like(logs, np.nan)
        moves[1:] = np.diff(logs, axis=0)
    known = np.isfinite(moves).sum(axis=1)
    middle = np.zeros(len(moves))
    rows = known > NEIGHBOURS_LEAST
    middle[rows] = np.nanmedian(moves[rows], axis=1)
    for i in range(len(market.tickers)):
        yield from _spikes(market, i, moves[:, i], middle)
        yield from _straight(market, i)
        yield from _no_volume(market, i)
        yield from _copied_opens(market, i)
        yield from _identity(market, i, logs[:, i])
    yield from _twins(market)


def _scale(moves: Floats, at: int) -> float:
    """An ordinary log move around a session, itself and the next left out; NaN where most closes repeat."""
    around = np.abs(np.concatenate([moves[max(at - SCALE_SESSIONS, 0) : at], moves[at + 2 : at + SCALE_SESSIONS]]))
    around = around[np.isfinite(around)]
    scale = NORMAL_CONSISTENCY * float(np.median(around)) if len(around) >= 10 else np.nan
    return scale if scale > 0 else np.nan


def _spikes(market: Market, i: int, moves: Floats, middle: Floats) -> Iterator[Fault]:
    errors, warnings = [], []
    small, large = RULES["spike_small"].limits, RULES["spike"].limits
    following = np.append(moves[1:], np.nan)
    with np.errstate(invalid="ignore"):
        back = np.abs(moves + following) <= small["rest"] * np.abs(moves)
        candidates = np.flatnonzero((np.abs(moves) >= small["move"]) & back)
    for t in candidates.tolist():
        scale = max(_scale(moves, t), SMALLEST_SCALE) if np.isfinite(_scale(moves, t)) else np.nan
        size, own = abs(moves[t]), abs(moves[t] - middle[t])
        alone = own >= 0.5 * size and abs(middle[t]) < 0.25 * size
        if not np.isfinite(scale):
            warnings.append((t, scale))  # of a ticker that hardly trades nothing says what is ordinary
        elif size >= large["scales"] * scale and size >= large["move"] and alone and _quiet(market, i, t):
            errors.append((t, scale))
        elif size >= small["scales"] * scale:
            warnings.append((t, scale))
    for key, found in (("spike", errors), ("spike_small", warnings)):
        if found:
            says = [
                f"{np.expm1(moves[t]):+.1%} on {market.sessions[t]} and {np.expm1(following[t]):+.1%} after it"
                for t, _ in found
            ]
            yield fault(market, key, market.tickers[i], [(t, t) for t, _ in found], says)


def _quiet(market: Market, i: int, t: int) -> bool:
    """Whether volume, where it is known, was not that of news."""
    before = market.volume[max(t - VOLUME_SESSIONS, 0) : t, i]
    before = before[before > 0]
    now = market.volume[t, i]
    return not (len(before) >= 5 and now > RULES["spike"].limits["volume"] * np.median(before))


def _straight(market: Market, i: int) -> Iterator[Fault]:
    close = market.close[:, i]
    least = int(RULES["straight"].limits["sessions"])
    with np.errstate(invalid="ignore", divide="ignore"):
        steps, rates = np.diff(close), np.diff(np.log(close))
        moved = np.abs(rates) > 1e-7
        level = np.abs(close[2:])
        even = (np.abs(np.diff(steps)) <= 1e-9 * level) | (np.abs(np.diff(rates)) <= 1e-9)
        even &= moved[1:] & moved[:-1]
    first = int(np.isfinite(close).argmax())
    spans = [(start, last + 2) for start, last in runs_of(even, least - 1)]
    spans = [span for span in spans if span[0] > first]  # at the start it is history that was filled back
    if spans:
        says = [f"equal steps over {span_text(market, *span)}" for span in spans]
        yield fault(market, "straight", market.tickers[i], spans, says)


def _no_volume(market: Market, i: int) -> Iterator[Fault]:
    close, volume = market.close[:, i], market.volume[:, i]
    nothing = (volume == 0) & np.isfinite(close)
    if not nothing.any():
        return
    least = int(RULES["no_volume_long"].limits["sessions"])
    some = bool((volume > 0).any())
    long = [s for s in runs_of(nothing, least) if some and len(set(close[s[0] : s[1] + 1].tolist())) > least // 2]
    for first, last in long:
        nothing[first : last + 1] = False
    if long:
        says = [f"volume is zero on {span_text(market, *span)} while closes change" for span in long]
        yield fault(market, "no_volume_long", market.tickers[i], long, says)
    if rest := list(runs_of(nothing, 1)):
        says = [f"volume is zero on {span_text(market, *span)}" for span in rest]
        yield fault(market, "no_volume", market.tickers[i], rest, says)


def _copied_opens(market: Market, i: int) -> Iterator[Fault]:
    close, opens = market.close[:, i], market.open[:, i]
    same = np.concatenate([[False], (opens[1:] == close[:-1]) & (close[1:] != close[:-1])])
    spans = list(runs_of(same, int(RULES["copied_open"].limits["sessions"])))
    if spans:
        says = [f"opens are the close before on {span_text(market, *span)}" for span in spans]
        yield fault(market, "copied_open", market.tickers[i], spans, says)


def _identity(market: Market, i: int, logs: Floats) -> Iterator[Fault]:
    limits, jump = RULES["identity"].limits, RULES["identity_jump"].limits
    rows = np.flatnonzero(np.isfinite(logs))
    if len(rows) < 2:
        return
    jumps, waits = np.diff(logs[rows]), np.diff(rows) - 1
    after_gap = (waits >= limits["sessions"]) & (np.abs(jumps) >= limits["move"])
    found: dict[str, list[tuple[int, str]]] = {"identity": [], "identity_jump": []}
    for k in np.flatnonzero(after_gap | (np.abs(jumps) >= jump["move"])).tolist():
        row = int(rows[k + 1])
        if after_gap[k]:
            found["identity"].append((row, f"{waits[k]} sessions without a price, then {np.expm1(jumps[k]):+.0%}"))
            continue
        times = _dollars_change(market, i, row)
        if np.isfinite(times) and max(times, 1 / times) >= jump["volume"]:
            found["identity_jump"].append(
                (row, f"{np.expm1(jumps[k]):+.0%} overnight and {times:.3g} times the dollars traded after")
            )
    for key, cases in found.items():
        if cases:
            says = [f"{text} on {market.sessions[row]}" for row, text in cases]
            yield fault(market, key, market.tickers[i], [(row, row) for row, _ in cases], says)


def _dollars_change(market: Market, i: int, row: int) -> float:
    """Median dollars traded in the 60 sessions from `row` on over those before it; NaN where unknown."""
    dollars = market.close[:, i] * market.volume[:, i]
    before, after = dollars[max(row - BEFORE_AFTER, 0) : row], dollars[row + 1 : row + 1 + BEFORE_AFTER]
    before, after = before[before > 0], after[after > 0]
    return float(np.median(after) / np.median(before)) if len(before) >= 10 and len(after) >= 10 else np.nan


def _twins(market: Market) -> Iterator[Fault]:
    limits, count = RULES["same_series"].limits, len(market.tickers)
    close = market.close
    # Twins have the same last closes: only tickers that share one with another are compared in full.
    tail = close[-BEFORE_AFTER:]
    groups: dict[tuple[float, ...], list[int]] = {}
    for i in range(count):
        known = tail[np.isfinite(tail[:, i]), i]
        if len(known) >= limits["sessions"] / 2:
            groups.setdefault((float(np.median(known)), float(known[-1])), []).append(i)
    for together in groups.values():
        for n, i in enumerate(together[:MOST_TWINS]):
            for j in together[n + 1 : MOST_TWINS]:
                both = np.isfinite(close[:, i]) & np.isfinite(close[:, j])
                equal = both & (close[:, i] == close[:, j])
                enough = both.sum() >= limits["sessions"] and equal.sum() >= limits["share"] * both.sum()
                if enough and len(np.unique(close[equal, i])) > limits["sessions"] / 2:
                    rows = np.flatnonzero(equal)
                    says = [f"{int(equal.sum())} closes are those of {market.tickers[i]}"]
                    yield fault(market, "same_series", market.tickers[j], [(int(rows[0]), int(rows[-1]))], says)
