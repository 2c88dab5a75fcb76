"""The tables of a search for a hedge, as finished text."""

from __future__ import annotations

import math

from hedgebook.strategies.finder.result import Basket, HedgeFound
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, number, percent
from ..page.table import Table, columns

# Said where the best basket holds nothing.
NONE_WORTH = "no hedge is worth its cost"
NET = (
    "Net: effectiveness less the expected cost at the price of risk, which is what was maximised. Luck: the mean best "
    "of the placebo books with as many names; after luck: 1 - (1 - net)/(1 - luck). Left out: share of the book's "
    "variance on the sessions of events, names searched anew without each."
)


def winner_table(found: HedgeFound) -> Table:
    """The best hedge, name by name."""
    best, priced = found.winner, found.sample.priced
    gross = found.subject.gross_usd
    rows = []
    options, net = found.sample.options, 0.0
    for name, usd in best.weights_usd.items():
        option = options.get(name)
        ticker = name if option is None else option.wanted.ticker
        net += usd if option is None else option.wanted.kind.sign * usd
        known = priced[ticker]
        share = abs(usd) / known.adv_usd if known.adv_usd > 0 else math.nan
        rows.append(
            (
                name,
                found.sample.market.bucket_of(ticker) or "other",
                number(usd, 0),
                percent(usd / gross, 1),
                percent(share, 3),
                percent(known.borrow_annual) if usd < 0 else UNDEFINED,
                "yes" if name in best.at_limit else "",
            )
        )
    total = net if options else math.fsum(best.weights_usd.values())
    rows.append(("Net", "", number(total, 0), percent(total / gross, 1), "", "", ""))
    rows.append(("Gross", "", number(best.gross_usd, 0), percent(best.gross_usd / gross, 1), "", "", ""))
    names = ("Ticker", "Bucket", "USD", "Of book", "Of ADV", "Borrow", "Limit")
    note = (
        f"Negative is sold short; percent of the book's gross value, {number(gross, 0)} USD. Expected cost over "
        f"{counted(found.asked.horizon_sessions, 'session')}: {number(best.cost_usd, 0)} USD. ADV: mean value traded a "
        "session."
    )
    if found.none_is_worth_it:
        note = f"{NONE_WORTH.capitalize()}: the best basket holds nothing. {note}"
    if options:
        note += " Options: USD of delta, bought; in the net a put counts below zero."
    return Table("The best hedge", columns(*names, left=2, keep=("USD",)), tuple(rows), note, totals=2)


def frontier_table(found: HedgeFound) -> Table:
    """Number of names against effectiveness."""
    rows = tuple(
        (
            str(step.count),
            "none keeps the limits" if step.best is None else ", ".join(step.best.held) or "nothing held",
            percent(_of(step.best, "effectiveness"), 1),
            percent(_of(step.best, "net"), 1),
            percent(step.luck_mean, 1),
            percent(step.after_luck, 1),
            percent(step.out_of_sample, 1),
        )
        for step in found.steps
    )
    names = ("Names", "Best basket", "In sample", "Net", "Luck", "After luck", "Left out")
    note = NET
    if any(step.best is not None and len(step.best.held) < step.count for step in found.steps):
        note += " Fewer names than asked for: one more would hold nothing."
    return Table("Number of names against effectiveness", columns(*names, left=2, keep=("Net",)), rows, note)


def _of(basket: Basket | None, name: str) -> float:
    value = None if basket is None else getattr(basket, name)
    return math.nan if value is None else float(value)


def beside_table(found: HedgeFound) -> Table:
    """The winner beside plain hedges of one name."""
    shortfall = found.asked.objective == "es"
    rows = [
        _beside(
            "Best basket", ", ".join(found.winner.held) or "nothing held", found.winner, found.out_of_sample, shortfall
        )
    ]
    for name, basket in found.plain.items():
        rows.append(_beside(f"Plain {name}", name, basket, found.plain_out_of_sample(name), shortfall))
    names = ("Hedge", "Names", "Gross USD", "In sample", *(("ES",) if shortfall else ()), "Cost USD", "Net", "Left out")
    note = (
        "Plain hedges: one fund at its own best size under the same costs and limits, without neutrality. Left out: "
        "effectiveness on the sessions of events, weights set without each."
    )
    return Table("Beside plain hedges", columns(*names, left=2, keep=("Net", "Left out")), tuple(rows), note)


def _beside(title: str, names: str, basket: Basket, left_out: float, shortfall: bool) -> tuple[str, ...]:
    tail = (percent(_of(basket, "shortfall"), 1),) if shortfall else ()
    return (
        title,
        names,
        number(basket.gross_usd, 0),
        percent(basket.effectiveness, 1),
        *tail,
        number(basket.cost_usd, 0),
        percent(basket.net, 1),
        percent(left_out, 1),
    )


def events_table(found: HedgeFound) -> Table:
    """Each event that was left out."""
    size = len(found.winner.names)

    def taken(hedged: float, book: float) -> str:
        return percent(1.0 - hedged / book, 1) if book > 0.0 and math.isfinite(hedged) else UNDEFINED

    rows = [
        (
            one.event,
            count(one.sessions),
            taken(one.winner, one.book),
            taken(one.searched.get(size, math.nan), one.book),
            *(taken(one.plain.get(name, math.nan), one.book) for name in found.plain),
            ", ".join(one.names) or UNDEFINED,
        )
        for one in found.left_out
    ]
    pooled = (found.out_of_sample, found.searched_out_of_sample, *(found.plain_out_of_sample(n) for n in found.plain))
    rows.append(("All events", "", *(percent(x, 1) for x in pooled), ""))
    names = ("Event", "Sessions", "Winner", "Anew", *found.plain, "Names found anew")
    note = (
        "Effectiveness on the sessions from each event's first fill over the horizon, hedges set without them. Winner: "
        f"its names, weights anew; anew: the {size} names that the search finds without the event. Events overlap."
    )
    return Table("One event left out at a time", columns(*names, left=1, keep=("Winner", "Anew")), tuple(rows), note, 1)


def top_table(found: HedgeFound, rows: int = 20) -> Table:
    """The best baskets of all."""
    lines = tuple(
        (
            str(k + 1),
            ", ".join(f"{name} {percent(usd / found.subject.gross_usd, 1)}" for name, usd in one.weights_usd.items()),
            percent(one.effectiveness, 1),
            number(one.cost_usd, 0),
            percent(one.net, 2),
        )
        for k, one in enumerate(found.top[:rows])
    )
    names = ("Rank", "Weights, percent of the book", "In sample", "Cost USD", "Net")
    note = (
        f"Of {counted(found.counts.baskets, 'basket')}. Baskets that lie so close cannot be told apart by this sample."
    )
    return Table(f"The {len(lines)} best baskets", columns(*names, left=2, keep=("Net",)), lines, note)
