"""The figures that limits look at, of the account with a ticket's orders in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hedgebook.engine.frictions.costs import Costs
from hedgebook.universes.market import Market

from .greeks import limited
from .limits import Measured
from .positions import Held, sizes
from .risk import Past

if TYPE_CHECKING:
    from .ticket import Ticket


def measured(ticket: Ticket, after: Held, past: Past, confidence: float) -> Measured:
    """The figures of the account after the orders that limits look at."""
    figures: dict[str, dict[str, float]] = {**sizes(after), **limited(after)}
    reasons: dict[tuple[str, str], str] = {("adv", ""): "no volume is known", ("headroom", ""): "no margin rules"}
    tails = ticket.tails[ticket.tails["confidence"] == confidence].set_index("figure")["after_frac"]
    figures["var"], figures["es"] = {"book": float(tails["VaR"])}, {"book": float(tails["ES"])}
    nothing = next((note for note in past.notes if "no joint history" in note), "too few returns for this quantile")
    reasons[("var", "")] = reasons[("es", "")] = nothing
    figures["factor_beta"] = {str(name): abs(float(beta)) for name, beta in ticket.factors["after"].items()}
    if ticket.factors.empty and after.positions is not None:
        figures["factor_beta"] = {"every factor": float("nan")}
        reasons[("factor_beta", "")] = "no factor can be estimated"
    # Of money there is always enough.
    shares = ticket.orders[~ticket.orders["ticker"].astype(str).isin(list(ticket.market.currency_columns))]
    figures["adv"] = dict(zip(shares["ticker"], shares["adv_frac"].tolist(), strict=True))
    for name, reason in zip(ticket.orders["ticker"], ticket.orders["reason"], strict=True):
        if reason not in ("order", "held_already"):
            reasons[("adv", name)] = f"the order is not filled: {reason.replace('_', ' ')}"
    figures["borrow"] = _fees(after, ticket.terms, ticket.market)
    figures["headroom"] = {"account": float(ticket.margin["headroom_frac"]["after"])}
    worst = ticket.stresses
    figures["stress"] = {str(n): max(0.0, -float(x)) for n, x in zip(worst["name"], worst["after_frac"], strict=True)}
    if not figures["stress"] and after.positions is not None:
        figures["stress"] = {"every scenario": float("nan")}
        reasons[("stress", "")] = "no scenario applies to these positions"
    return Measured(figures, reasons)


def _fees(after: Held, costs: Costs, known: Market) -> dict[str, float]:
    """The annual fee of each short after the orders, at the last known session."""
    if after.positions is None:
        return {}
    row = len(known.sessions) - 1
    rates = costs.borrow_rates(known, row, row + 1)[0]
    return {ticker: float(rates[known.column(ticker)]) for ticker, shares in after.shares.items() if shares < 0.0}
