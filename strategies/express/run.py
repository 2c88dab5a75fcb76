"""One view of an event trade expressed in every instrument, from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.options.marks import Marks, marks_under
from hedgebook.engine.rules import Rules
from hedgebook.errors import EventError, ParameterError
from hedgebook.universes.chains.chain import Chain, MarkName
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event

from ..strategy.given import planned
from ..strategy.setting import RunSetting
from ..trade.plan import TradePlan
from ..trade.trade import EventTrade
from .borrow import Lent, by_borrow
from .choose import Boards, Underlying
from .expired import expiry_notes, swept_notes
from .expression import expression_of
from .ledger import LedgerTerms, by_ledger
from .outcome import stock_paths
from .request import ExpressAsked
from .result import Expressed, Expression
from .size import Yardstick
from .structures import BY_NAME, MEASURE, Leg, Structure
from .table import MOVES, Shocks, contract_table, past_changes
from .terms import Terms, asked_terms, swept_terms
from .workshop import Workshop, chosen

LEAST_PAST = 60
# Marks of a market under costs, and the chains that they come from.
Quoting = Callable[[RunSetting], tuple[Marks, Sequence[Chain]]]


def express(
    trade: EventTrade, event: Event | None, setting: RunSetting, asked: ExpressAsked, quoting: Quoting
) -> Expressed:
    """Compare all expressions of a trade. Raises an InputError for what cannot be planned, priced or filled."""
    plain, notes = _plain_trade(trade)
    if setting.costs.nothing:
        # Of every borrow fee that is tried too: trading costs nothing there either, but a commission that is asked for.
        asked = replace(asked, commission_usd=asked.commission_usd or 0.0)
        quoting = partial(_free, quoting, setting.costs)
    plan = planned(plain, setting.market, setting.library) if event is None else _planned_on(plain, event, setting)
    found = cast(TradePlan, plan)  # an event trade plans nothing else
    run = setting.funded(plain.capital).run(found.schedule, legs=found.sides(), until=found.until)
    names, told = _underlyings(run, found)
    marks, chains = quoting(setting)
    shop, more = _workshop(asked, setting, found, run, names, (marks, chains))
    terms = asked_terms(asked)
    ledger = LedgerTerms(
        setting.funded(plain.capital), marks, run.sessions.to_numpy().astype("datetime64[D]"),
        cast(MarkName, found.entry_mark.label),
        asked.contract_fee_usd,
    )  # fmt: skip
    made = tuple(_expression(shop, BY_NAME[name], terms, ledger) for name in _wanted(asked, names))
    day = setting.market.session_index(ledger.sessions[0])
    fees = setting.costs.borrow_rates(setting.market, day, day + 1)[0]
    lent = Lent(
        lambda other: quoting(other)[0], lambda other: other.run(found.schedule, legs=found.sides(), until=found.until)
    )
    borrow = by_borrow(
        shop, made, terms, ledger, lent, {one.ticker: fees[setting.market.column(one.ticker)] for one in names}
    )
    early, swept = expiry_notes(made, ledger.sessions[-1]), None
    if asked.sweep:
        from .sweep import swept_luck

        swept = swept_luck(shop, asked, _wanted(asked, names), ledger)
        if swept.left_out:
            lost = counted(swept.left_out, "set of spreads is", "sets of spreads are")
            more += (f"{lost} left out: no second strike is listed",)
        more += swept_notes(swept.table, ledger.sessions[-1])
    return Expressed(
        trade=trade,
        event=found.event,
        market=setting.market,
        asked=asked,
        label=marks.label,
        modelled=bool(shop.table.modelled.any()) if len(shop.table.contracts) else False,
        entry=found.entry_session,
        entry_mark=found.entry_mark.label,
        sessions=run.sessions.to_numpy().astype("datetime64[D]"),
        capital_usd=shop.capital_usd,
        underlyings=names,
        expressions=made,
        moves=MOVES,
        swept=swept,
        borrow=borrow,
        costs_name=setting.costs.name,
        at_mid=setting.costs.nothing,
        notes=tuple(
            dict.fromkeys((*notes, *found.warnings, *told, *early, *more, *_notes(made, asked), *setting.notes))
        ),
        parameters=trade.parameters(),
    )


def _free(quoting: Quoting, costs: Costs, setting: RunSetting) -> tuple[Marks, Sequence[Chain]]:
    marks, chains = quoting(setting)
    return marks_under(marks, costs), chains


def _plain_trade(trade: EventTrade) -> tuple[EventTrade, tuple[str, ...]]:
    if trade.hindsight:
        raise ParameterError("a trade in hindsight cannot be expressed", where="hindsight", remedy="Leave it out.")
    if trade.rules == Rules():
        return trade, ()
    return trade.replaced(rules=Rules()), (
        "rules of the trade (stops and the like) are left out: all is held to the exit",
    )


def _planned_on(trade: EventTrade, event: Event, setting: RunSetting) -> TradePlan:
    from ..trade.plan import plan_trade

    return plan_trade(trade, event, setting.market)


def _wanted(asked: ExpressAsked, names: tuple[Underlying, ...]) -> tuple[str, ...]:
    legs = {one.leg for one in names}
    return tuple(name for name in asked.names if BY_NAME[name].leg in legs)


def _underlyings(run: Backtest, plan: TradePlan) -> tuple[tuple[Underlying, ...], tuple[str, ...]]:
    """The names of both legs at their fills. Raises ParameterError where none is filled or a leg holds both sides."""
    if run.market.venues is not None:
        raise ParameterError(
            "options of other exchanges are not known", where="express",
            remedy="Take a trade whose names all trade in New York.",
        )  # fmt: skip
    fills = run.fills
    first = fills[fills["session"] == fills["session"].min()]
    sides, found = plan.sides(), []
    for ticker, shares, price in zip(first["ticker"].astype(str), first["shares"], first["reference"], strict=True):
        leg = sides.get(ticker)
        if leg is None or not shares:
            continue
        if (shares > 0.0) != (leg == "long"):
            raise ParameterError(
                f"the hedge buys {ticker} inside the short leg, which no structure stands for", where="hedge",
                remedy="Express the trade with --set hedge=dollar.",
            )  # fmt: skip
        found.append(Underlying(ticker, leg, float(shares), float(price)))
    if not found:
        raise EventError("nothing of the trade was filled at its entry", where=plan.trade.name)
    lost = [ticker for ticker in plan.weights() if ticker not in {one.ticker for one in found}]
    told = (f"{', '.join(lost)} left out: no fill at the entry",) if lost else ()
    return tuple(found), told


def _workshop(
    asked: ExpressAsked, setting: RunSetting, plan: TradePlan, run: Backtest, names: tuple[Underlying, ...],
    quoted: tuple[Marks, Sequence[Chain]],
) -> tuple[Workshop, tuple[str, ...]]:  # fmt: skip
    market, (marks, chains) = setting.market, quoted
    sessions = run.sessions.to_numpy().astype("datetime64[D]")
    mark = cast(MarkName, plan.entry_mark.label)
    days = tuple(sorted({asked.days, *(int(one) for one in asked.sweep.get("days", ()))}))
    listing, unlisted = _listing(chains, names, sessions[0], mark)
    boards = Boards(names, marks, sessions[0], mark, days, listing)
    row = market.session_index(sessions[0])
    past, told = _past(
        market.close_returns(tuple(one.ticker for one in names)), market.session_index(plan.known_at), asked
    )
    listed = _places(boards, asked_terms(asked), _wanted(asked, names))
    shocks = Shocks(asked.gap_frac, asked.vol_fall_frac, past)
    table = contract_table([boards.quotes.contracts[k] for k in listed], names, marks, sessions, mark, shocks)
    fees = setting.costs.borrow_rates(market, row, row + 1)[0]
    stock = stock_paths(run, names, np.array([fees[market.column(one.ticker)] for one in names]))
    changes = np.full((len(boards.quotes.contracts), len(past)), np.nan)
    changes[listed] = table.past.T
    if asked.sweep and asked.equal == "var":
        swept = _swept_places(boards, asked, _wanted(asked, names))
        more = np.setdiff1d(swept, listed)
        changes[more] = past_changes([boards.quotes.contracts[k] for k in more], names, marks, sessions[0], mark, past)
    yard = Yardstick(boards.quotes.mid, boards.quotes.delta, changes, names, past, asked.confidence)
    return Workshop(asked, boards, yard, table, listed, stock, run.capital), (*told, *unlisted)


def _listing(
    chains: Sequence[Chain], names: tuple[Underlying, ...], session: np.datetime64, mark: MarkName
) -> tuple[dict[str, dict[np.datetime64, Floats]], tuple[str, ...]]:
    """Strikes by expiry and ticker that chains had quoted up to the entry, and whose chains had none by then."""
    traded = {one.ticker for one in names}
    found = {one.ticker: one.listed(session, mark) for one in chains if one.ticker in traded}
    late = [ticker for ticker, listed in found.items() if not listed]
    told = f"{', '.join(late)}: the chain has no quotes up to the entry, so strikes and expiries are the exchanges' own"
    return {ticker: listed for ticker, listed in found.items() if listed}, (told,) if late else ()


def _places(boards: Boards, terms: Terms, names: tuple[str, ...]) -> Ints:
    """Numbers of the contracts that structures have with such parameters, those that measure premiums among them."""
    wanted = [BY_NAME[name] for name in (*names, *MEASURE.values())]
    found = [chosen(boards, structure, terms)[0].ravel() for structure in wanted]
    places = np.unique(np.concatenate(found))
    return places[places >= 0]


def _swept_places(boards: Boards, asked: ExpressAsked, names: tuple[str, ...]) -> Ints:
    """Numbers of the contracts that the sets of a sweep have."""
    found = [_places(boards, swept_terms(asked, BY_NAME[name].sized_by), (name,)) for name in names]
    return np.unique(np.concatenate(found))


def _past(returns: Floats, known: int, asked: ExpressAsked) -> tuple[Floats, tuple[str, ...]]:
    """(P, U) returns of sessions that all names share, up to the last close that was known."""
    rows = returns[max(1, known + 1 - asked.lookback) : known + 1]
    shared = rows[np.isfinite(rows).all(axis=1)]
    if len(shared) >= LEAST_PAST:
        return shared, ()
    if asked.equal == "var":
        raise ParameterError(
            "the names share too few sessions for a VaR", where="equal", value=len(shared),
            bound=f"{LEAST_PAST} or more", remedy="Make them equal in delta or premium.",
        )  # fmt: skip
    told = f"no VaR: the names share {counted(len(shared), 'session')} before the news, fewer than {LEAST_PAST}"
    return np.empty((0, returns.shape[1])), (told,)


def _expression(shop: Workshop, structure: Structure, terms: Terms, ledger: LedgerTerms) -> Expression:
    """An expression as the one ledger has it; the legs in shares are those of the trade's own run."""
    held, how = shop.sized(structure, terms)
    found = shop.outcome(held)
    if held.options.any():
        found = by_ledger(found, held, shop.boards, ledger)
    return expression_of(shop, structure, str(how[0]), held, found, other_leg_pnl(shop, structure.leg))


def other_leg_pnl(shop: Workshop, leg: Leg) -> float:
    """What the leg that an expression does not stand for earned in shares."""
    others = np.array([abs(one.shares) if one.leg != leg else 0.0 for one in shop.yard.underlyings])
    return float((shop.stock.pnl @ others).sum())


def _notes(made: tuple[Expression, ...], asked: ExpressAsked) -> tuple[str, ...]:
    notes = []
    for one in made:
        if one.structure.options and not one.positions:
            notes.append(f"{one.structure.title}: less than half a contract of every name, so nothing is held")
        elif one.structure.options and one.equal != asked.equal:
            why = {
                "delta": "which brings money in or holds shares beside its options",
                "premium": "whose delta is too small to be made equal",
                "shares": "which can be made equal in neither delta nor premium",
            }[one.equal]
            notes.append(f"{one.structure.title}, {why}, is sized by {one.equal}, not by {asked.equal}")
    return tuple(notes)
