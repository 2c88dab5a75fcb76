"""What is decided after a close, step by step in the order of the contract; the next marks carry it out."""

from __future__ import annotations

import math

from .book import Book, Episode
from .inputs import Action, OracleInput, OracleRules, Reason, Vector
from .margin import ask_for_cuts, is_called, maintenance_requirement


def decide(inputs: OracleInput, book: Book, t: int, nav: float) -> float:
    """Look at the close, order what the rules want; returns the margin requirement, 0 where margin is off."""
    action = inputs.margin.action
    requirement = maintenance_requirement(inputs.margin, book) if action != Action.OFF else 0.0
    called = is_called(inputs.margin, book, nav, requirement)
    pnl = math.nan
    if book.episode is not None:
        uncounted = inputs.rules.uncounted is not None and inputs.rules.uncounted[t]
        book.episode.days += t > book.episode.entry_session and not uncounted
        pnl = (nav - book.episode.entry_nav) / book.episode.entry_nav
        _size(inputs, book, book.episode, t, nav, pnl)
    if called and action == Action.REDUCE:
        ask_for_cuts(book)
    if book.episode is not None:
        _stop_legs(inputs.rules, book, book.episode)
    _recall_shorts(inputs, book, t)
    if book.episode is not None:
        reason = _exit_reason(inputs.rules, book.episode, pnl)
        if reason is not None:
            book.exit_all(reason)
    if called and action == Action.LIQUIDATE:
        book.exit_all(Reason.MARGIN_CALL)
    return requirement


def _size(inputs: OracleInput, book: Book, episode: Episode, t: int, nav: float, pnl: float) -> None:
    """Follow the peaks, then de-risking, the band and the calendar decide whether to trade back to target."""
    rules, weights = inputs.rules, episode.weights
    new_high = nav >= episode.peak_nav
    episode.peak_nav = max(episode.peak_nav, nav)
    episode.peak_pnl = max(episode.peak_pnl, pnl)
    reason = _derisk(rules, episode, nav, new_high)
    targets = _targets(rules, episode, weights)
    if reason is None and _out_of_band(rules, book, targets, nav):
        reason = Reason.BAND
    if rules.rebalance is not None and rules.rebalance[t]:
        _scale_to_volatility(rules, episode, t)
        targets = _targets(rules, episode, weights)
        reason = Reason.REBALANCE
    if reason is not None:
        for i, target in targets.items():
            if not book.waits_to_exit(i):
                book.order(i, target, reason)


def _derisk(rules: OracleRules, episode: Episode, nav: float, new_high: bool) -> Reason | None:
    """Deep below the peak the positions are cut; back at a new high they are restored."""
    if math.isnan(rules.derisk_drawdown):
        return None
    if not episode.derisked and nav / episode.peak_nav - 1.0 <= -rules.derisk_drawdown:
        episode.derisked = True
        return Reason.DERISK
    if episode.derisked and new_high:
        episode.derisked = False
        return Reason.DERISK
    return None


def _targets(rules: OracleRules, episode: Episode, weights: Vector) -> dict[int, float]:
    """Target weight of every ticker that the episode wants and whose leg was not stopped."""
    factor = rules.derisk_to if episode.derisked else 1.0
    return {
        i: weight * episode.scale * factor
        for i, weight in enumerate(weights)
        if not math.isnan(weight)
        and weight != 0.0
        and (episode.inside is None or i in episode.inside)
        and leg_of(rules, i) not in episode.closed
    }


def _out_of_band(rules: OracleRules, book: Book, targets: dict[int, float], nav: float) -> bool:
    """Some position has drifted from its target by more than the band, relative to the target."""
    if math.isnan(rules.band) or nav <= 0.0:
        return False
    return any(
        abs(q * book.last_price[i] / nav - targets[i]) > rules.band * abs(targets[i])
        for i, q in book.held()
        if i in targets
    )


def _scale_to_volatility(rules: OracleRules, episode: Episode, t: int) -> None:
    """A scheduled rebalance sizes anew on the volatility that is known before the next session."""
    factor = volatility_factor(rules, episode.row, t + 1)
    if factor is not None:
        episode.scale = episode.base * factor


def volatility_factor(rules: OracleRules, row: int, t: int) -> float | None:
    """Target over known volatility, at most max_scale; None where there is no target or nothing is known."""
    if math.isnan(rules.target_vol) or rules.vol is None:
        return None
    known = rules.vol[row][t]
    return min(rules.target_vol / known, rules.max_scale) if known > 0.0 else None


def _stop_legs(rules: OracleRules, book: Book, episode: Episode) -> None:
    """A leg that lost too much of the entry NAV is closed for the rest of the episode."""
    for leg, stop in enumerate(rules.leg_stop):
        members = [i for i in range(len(book.shares)) if leg_of(rules, i) == leg]
        if math.isnan(stop) or leg in episode.closed:
            continue
        if math.fsum(book.earned[i] for i in members) <= -stop * episode.entry_nav:
            episode.closed.add(leg)
            for i in members:
                if book.shares[i] != 0.0:
                    book.order_exit(i, Reason.LEG_STOP)
                else:
                    book.drop_entry(i)


def _recall_shorts(inputs: OracleInput, book: Book, t: int) -> None:
    """A lender who wants the shares back gets them at the next open."""
    recall = inputs.shorting.recall
    for i, q in book.held():
        if recall is not None and q < 0.0 and recall[t][i]:
            book.order_exit(i, Reason.RECALL)


def _exit_reason(rules: OracleRules, episode: Episode, pnl: float) -> Reason | None:
    """The first rule that ends the episode; a threshold that is NaN never does."""
    if pnl <= -rules.stop_loss:
        return Reason.STOP_LOSS
    if pnl >= rules.take_profit:
        return Reason.TAKE_PROFIT
    if episode.peak_pnl - pnl >= rules.trailing_stop:
        return Reason.TRAILING_STOP
    if rules.max_hold > 0 and episode.days >= rules.max_hold:
        return Reason.MAX_HOLD
    return None


def leg_of(rules: OracleRules, i: int) -> int:
    """The leg that a ticker stands in."""
    return -1 if rules.leg is None else rules.leg[i]
