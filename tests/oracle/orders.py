"""Orders in plain Python: how they are placed, what stops them, and what a fill costs."""

from __future__ import annotations

import math

from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Cause, Status

from .book import Book, Episode, Mark, Waiting
from .inputs import OracleInput, OracleOrder, OracleRow, Reason
from .margin import entry_scale, kept_frac
from .rules import leg_of, volatility_factor

DUST_FRAC = 1e-12  # of NAV: a smaller trade than this is rounding, not an order
CAP_SLACK = 1.0 + 1e-12  # an order that fits the cap but for rounding fits


def place_orders(inputs: OracleInput, book: Book, t: int, mark: int) -> None:
    """An order row that stands at this mark replaces what was waiting, ticker by ticker."""
    for k, row in enumerate(inputs.rows):
        if row.session == t and row.mark == mark:
            wants = any(w != 0.0 and not math.isnan(w) for w in row.weights)
            if wants and row.joins and (book.episode is not None or book.ended_by_rule):
                _join_episode(inputs, book, row)
                continue
            scale = _open_episode(inputs, book, k, row) if wants else row.scale
            for i, weight in enumerate(row.weights):
                if not math.isnan(weight):
                    book.order(i, weight * scale, Reason.ORDER)
                    _note_part(book, row, i, weight)


def _note_part(book: Book, row: OracleRow, i: int, weight: float) -> None:
    """Of a trade in parts a ticker is in from its entry to its exit."""
    if row.whole is not None and book.episode is not None and book.episode.inside is not None:
        (book.episode.inside.add if weight != 0.0 else book.episode.inside.discard)(i)


def _join_episode(inputs: OracleInput, book: Book, row: OracleRow) -> None:
    """A later part takes the size of its trade; nothing is entered once that is over, nor of a leg that was closed."""
    episode = book.episode
    for i, weight in enumerate(row.weights):
        if math.isnan(weight):
            continue
        _note_part(book, row, i, weight)
        if weight == 0.0:
            book.order(i, 0.0, Reason.ORDER)
        elif episode is not None and leg_of(inputs.rules, i) not in episode.closed:
            factor = inputs.rules.derisk_to if episode.derisked else 1.0
            book.order(i, weight * episode.scale * factor, Reason.ORDER)


def _open_episode(inputs: OracleInput, book: Book, k: int, row: OracleRow) -> float:
    """A row that wants a position starts an episode; returns the scale that volatility and margin leave."""
    factor = volatility_factor(inputs.rules, k, row.session)
    wanted = row.scale * (1.0 if factor is None else factor)
    whole = row.weights if row.whole is None else row.whole
    allowed = entry_scale(inputs.margin, whole, wanted)
    nav = book.nav()
    book.episode = Episode(
        row=k, scale=wanted * allowed, base=row.scale * allowed, entry_nav=nav, entry_session=row.session, peak_nav=nav,
        weights=whole, inside=None if row.whole is None else set(),
    )  # fmt: skip
    book.ended_by_rule = False
    book.earned = [0.0] * len(book.shares)
    return book.episode.scale


def fill_orders(inputs: OracleInput, book: Book, at: Mark) -> None:
    """Try every waiting order, by column; all are sized on the one NAV from before the first fill."""
    kept = kept_frac(inputs.margin, book, at)
    for i, order in enumerate(list(book.waiting)):
        if order is not None:
            _try_order(inputs, book, at, i, order, kept)
    entries = [order for order in book.waiting if order is not None and order.weight != 0.0]
    if not book.held() and not entries:
        book.episode = None


def _try_order(inputs: OracleInput, book: Book, at: Mark, i: int, order: Waiting, kept: float) -> None:
    """What can be said before the size of the trade is known."""
    priced = math.isfinite(at.reference[i])
    away = inputs.away is not None and inputs.away[at.mark][at.session][i]
    if order.weight == 0.0 and book.shares[i] == 0.0:
        book.waiting[i] = None
    elif order.why in (Reason.STALE, Reason.DELISTED) and not priced:
        _write_off(book, at, i, order.why)
    elif away:
        pass
    elif not priced:
        _handle_missing_price(book, at, i, order)
    elif order.is_cut:
        _trade(inputs, book, at, i, order, book.shares[i] * kept)
    elif at.nav <= 0.0 and order.weight != 0.0:
        book.reject(at, i, Reason.NO_NAV)
    else:
        target = order.weight * at.nav / at.reference[i] if order.weight != 0.0 else 0.0
        _trade(inputs, book, at, i, order, target)


def _write_off(book: Book, at: Mark, i: int, why: Reason) -> None:
    """What stopped printing turns into cash at the price it stands at; nobody trades, so nothing is paid."""
    q, v = book.shares[i], book.last_price[i]
    book.cash += q * v
    book.shares[i] = 0.0
    book.waiting[i] = None
    book.orders.append(OracleOrder(at.session, at.mark, i, Status.FILLED, why, shares=-q, reference=v, price=v))


def _handle_missing_price(book: Book, at: Mark, i: int, order: Waiting) -> None:
    """No open: wait for the close. No close: an exit waits for a price, anything else is rejected.

    An order that was deferred for its close is not deferred for an open any more.
    """
    if at.mark != CLOSE:
        book.defer(at, i, Reason.NO_OPEN)
    elif order.weight == 0.0:
        book.defer(at, i, Reason.NO_PRICE)
        order.told.add(Reason.NO_OPEN)
    else:
        book.reject(at, i, Reason.NO_PRICE)


def _trade(inputs: OracleInput, book: Book, at: Mark, i: int, order: Waiting, target: float) -> None:
    """Pass it by the bar, the lot, the minimum, the cap and the bid, and fill what is left."""
    q, r = book.shares[i], at.reference[i]
    leaves = order.weight == 0.0 or (order.is_cut and target == 0.0)
    target, waits = _pass_the_bar(inputs, book, at, i, target)
    wanted = target - q
    if inputs.limits.lot == 1:
        target = float(math.trunc(target))
    traded = target - q
    if not leaves and abs(traded) * r <= DUST_FRAC * at.nav:
        if abs(wanted) * r > DUST_FRAC * at.nav:  # whole shares left nothing of it
            book.log(at, i, Status.REJECTED, Reason.LESS_THAN_ONE_SHARE)
        book.waiting[i] = order if waits else None
        return
    if not leaves and abs(traded) * r < inputs.limits.min_order_usd:
        book.reject(at, i, Reason.TOO_SMALL)
        return
    room = _room_under_cap(inputs, book, at, i)
    if abs(traded) * r > room * CAP_SLACK:
        waits = True
        book.defer(at, i, Reason.CAP)
        traded = math.copysign(room / r, traded)
        traded = float(math.trunc(traded)) if inputs.limits.lot == 1 else traded
        target = q + traded
        if abs(traded) * r <= DUST_FRAC * max(at.nav, 0.0):  # what rounding left of a cap that is used up
            return
    if traded < 0.0 and _concession(inputs, at.session, i, abs(traded) * r) >= 1.0:
        _find_no_bid(book, at, i, order)
        return
    book.waiting[i] = order if waits else None
    _settle(book, _price_the_trade(inputs, at, i, traded, order.why), target)


def _pass_the_bar(inputs: OracleInput, book: Book, at: Mark, i: int, target: float) -> tuple[float, bool]:
    """The target without the part that must not be sold short, and whether that part goes on waiting."""
    shorting, q = inputs.shorting, book.shares[i]
    bar = 0 if shorting.barred is None else shorting.barred[CLOSE if at.mark == CLOSE else OPEN][at.session][i]
    if bar == 0 or target >= min(q, 0.0):
        return target, False
    waits = bar == Reason.RULE_201 and shorting.defer_201
    if waits:
        book.defer(at, i, Reason.RULE_201)
    else:
        book.log(at, i, Status.REJECTED, Reason(bar))
    return min(q, 0.0), waits


def _room_under_cap(inputs: OracleInput, book: Book, at: Mark, i: int) -> float:
    """USD that may still be traded in this ticker today."""
    if inputs.limits.cap is None:
        return math.inf
    return max(inputs.limits.cap[at.session][i] - book.traded_usd[i], 0.0)


def _find_no_bid(book: Book, at: Mark, i: int, order: Waiting) -> None:
    """A sale that would bring nothing does not happen: an exit waits, anything else is rejected."""
    if order.weight == 0.0:
        book.defer(at, i, Reason.NO_BID)
    else:
        book.reject(at, i, Reason.NO_BID)


def _impact(inputs: OracleInput, t: int, i: int, notional: float) -> float:
    return inputs.impact_coef[t][i] * math.sqrt(notional)


def _concession(inputs: OracleInput, t: int, i: int, notional: float) -> float:
    """Half the spread, slippage and square-root impact, a fraction of the reference price."""
    return inputs.half_spread[i] + inputs.slippage[i] + _impact(inputs, t, i, notional)


def _price_the_trade(inputs: OracleInput, at: Mark, i: int, traded: float, why: Reason) -> OracleOrder:
    """A buyer pays the concession above the reference, a seller below, and both pay the broker."""
    r, t = at.reference[i], at.session
    notional = abs(traded) * r
    price = r * (1.0 + math.copysign(1.0, traded) * _concession(inputs, t, i, notional))
    return OracleOrder(
        session=t,
        mark=at.mark,
        ticker=i,
        status=Status.FILLED,
        reason=why,
        shares=traded,
        reference=r,
        price=price,
        commission=max(
            abs(traded) * (price * inputs.commission + inputs.limits.commission_per_share_usd),
            inputs.limits.min_commission_usd,
        ),
        spread=notional * inputs.half_spread[i],
        slippage=notional * inputs.slippage[i],
        impact=notional * _impact(inputs, t, i, notional),
    )


def _settle(book: Book, fill: OracleOrder, target: float) -> None:
    """Cash pays for the shares and the commission; every friction is a loss of its own cause."""
    i = fill.ticker
    book.cash -= fill.shares * fill.price + fill.commission
    book.shares[i] = target
    book.traded_usd[i] += abs(fill.shares) * fill.reference
    book.earn(i, Cause.COMMISSION, -fill.commission)
    book.earn(i, Cause.SPREAD, -fill.spread)
    book.earn(i, Cause.SLIPPAGE, -fill.slippage)
    book.earn(i, Cause.IMPACT, -fill.impact)
    book.orders.append(fill)
