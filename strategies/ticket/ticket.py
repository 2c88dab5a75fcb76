"""The ticket of a trade: everything that is to be known before it is put on, from prices up to one close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.arrays import Floats
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.options.marks import Marks
from hedgebook.engine.stress.held.options import HeldOptions
from hedgebook.engine.stress.responses import WANTED
from hedgebook.engine.stress.scenario import load_scenarios
from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.chains.chain import Chain
from hedgebook.universes.event import Event
from hedgebook.universes.exchanges.common import CommonDays
from hedgebook.universes.market import Market
from hedgebook.universes.universe import OTHER

from ..book.file import Book
from ..book.with_options import marks_of_options, quotes_note, shares_alone
from ..option_hedge.kind import WantedOption
from ..strategy.setting import RunSetting
from ..strategy.strategy import Strategy
from .costs import ExpectedCosts, expected_costs, with_options
from .exits import exit_levels
from .forecast import Forecast, forecast_of
from .greeks import greeks_table
from .limits import GREEK_KINDS, LimitResult, Limits, check_names, evaluate
from .measured import measured
from .option_orders import OptionOrders, option_orders, option_quotes
from .orders import first_orders, money_orders, short_states
from .planned import Planned, plan_ticket, without_shares
from .positions import Held, before_and_after, margin_of, margin_of_each, sizes
from .risk import CONFIDENCES, Past, comparable_pnl, factor_betas, past_of, stresses, tail_figures, weights_over

# Of a ticker's average daily value: the order at which a trade is as large as it can be.
CAPACITY_ADV_FRAC = 0.10
LONGEST_COMPARED = 20


@dataclass(frozen=True, eq=False)
class TicketAsked:
    """What a ticket is asked for beside the strategy. book: held already, None = cash alone; capital_usd: that the
    trade is sized on, None = the strategy's own, else the account's; limits: None = none are checked; as_of: the close
    that everything is known at, None = the last one before the news, or of the prices; scenarios: shipped or a TOML
    file; seed: of the forecast's draws; net: what the book holds of a ticker counts towards what the trade wants of it,
    instead of the orders coming on top; chains: quotes of the options, none = modelled; options: bought in place of the
    shares of their tickers."""

    book: Book | None = None
    capital_usd: float | None = None
    limits: Limits | None = None
    as_of: date | np.datetime64 | str | None = None
    scenarios: str | Path = "scenarios"
    seed: int = 0
    net: bool = False
    chains: tuple[Chain, ...] = ()
    options: tuple[WantedOption, ...] = ()


@brief
@dataclass(frozen=True, eq=False)
class Ticket:
    """A trade before it is put on. Nothing of it depends on a price after the close of `as_of`.

    strategy, event: what is traded, and on which news if any; book: name of the file held already, None = cash alone;
    asked_limits: as given; parameters: of the strategy; account: that margin is reckoned by; terms: its costs;
    market: up to that close, prices on its scale; entry_session, entry_mark: of the first orders; exit_session: of the
    planned end, None where the plan has none; capital_usd: that it is sized on; nav_usd: of the account, the book's
    where there is one; orders, shorts, money: see orders.first_orders, short_states and money_orders; option_orders:
    see option_orders.COLUMNS, and margin_usd, by how much each alone raises the maintenance requirement; costs: see
    ExpectedCosts; margin: rows "before" and "after", see positions.margin_of; sizes: the same rows, fractions of NAV;
    factors: betas of NAV before, after and incremental, options by delta; tails, by_ticker: see risk.tail_figures, by
    line where there are options; greeks: see greeks.greeks_table, empty without options; held_options: with the orders
    in it, None without any; stresses: see risk.stresses; capacity: capital_usd at which the largest order is a tenth of
    its ticker's average daily value, ticker, and adv_frac of that order now, NaN where no volume is known; exits: see
    exits.exit_levels; comparables: see risk.comparable_pnl, compared_sessions: the sessions of each; days: over several
    exchanges, what the returns behind VaR and betas span, None for one; forecast: None where too little history is
    known; limits: one result each,
    empty where none were given; notes: what a reader must know.
    """

    strategy: Strategy
    event: Event | None
    market: Market
    as_of: np.datetime64
    entry_session: np.datetime64
    entry_mark: str
    exit_session: np.datetime64 | None
    capital_usd: float
    nav_usd: float
    book: str | None
    orders: pd.DataFrame
    shorts: pd.DataFrame
    costs: ExpectedCosts
    margin: pd.DataFrame
    sizes: pd.DataFrame
    factors: pd.DataFrame
    tails: pd.DataFrame
    by_ticker: pd.DataFrame
    greeks: pd.DataFrame
    stresses: pd.DataFrame
    capacity: dict[str, Any]
    exits: pd.DataFrame
    comparables: pd.DataFrame
    compared_sessions: int
    forecast: Forecast | None
    asked_limits: Limits | None
    limits: tuple[LimitResult, ...]
    account: Account
    terms: Costs
    notes: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    held_options: HeldOptions | None = None
    option_orders: pd.DataFrame = field(default_factory=lambda: OptionOrders().table)
    money: pd.DataFrame = field(default_factory=pd.DataFrame)
    days: CommonDays | None = None

    @property
    def name(self) -> str:
        """What the strategy is called."""
        return self.strategy.name

    @property
    def passed(self) -> bool:
        """Whether every limit is kept; one that could not be evaluated is not."""
        return all(result.kept for result in self.limits)


def ticket_of(strategy: Strategy, setting: RunSetting, asked: TicketAsked) -> Ticket:
    """The ticket of a strategy in a setting. Raises an InputError for what cannot be planned, valued or read."""
    if asked.limits is not None:
        check_names(asked.limits, _names(setting, asked.scenarios))
    planned = plan_ticket(strategy, setting, asked.capital_usd, asked.as_of, asked.book if asked.net else None)
    planned, orders, options, marks = _ordered(planned, setting, asked)
    run, known = planned.run, planned.known
    capital = run.account.capital_usd
    if not len(orders) and not len(options.table):
        raise ParameterError(
            "the plan orders nothing next", where=strategy.name, value=f"as of {planned.as_of}",
            remedy="Every size is below one share or the smallest order, or nothing is wanted, or it is held already; "
            "give more capital.",
        )  # fmt: skip
    costs = expected_costs(planned, setting.costs, {} if asked.net else _short_frac(orders))
    if options.held:
        costs = with_options(costs, options.entry_usd, options.later_usd)
    paid = float(costs.table["entry_usd"]["total"])
    before, after, told = before_and_after(asked.book, known, orders, (capital, paid), marks, options.ordered)
    own = orders.assign(shares=orders["trade_shares"])
    trade = before_and_after(None, known, own, (capital, 0.0), marks, options.held)[1]
    tickers = tuple(dict.fromkeys((*before.weights, *after.weights, *trade.weights)))
    past = past_of(known, tickers)
    confidences = _confidences(asked.limits)
    tails, by_ticker = tail_figures(past, before, after, confidences)
    events = setting.library.events
    stressed, lacking = stresses(known, before, after, setting.account, past, str(asked.scenarios), events)
    compared = min(planned.life, LONGEST_COMPARED)
    forecast, missing = _forecast(planned, trade, past, costs, asked.seed)
    shorts = short_states(planned, orders, setting.costs)
    margins = pd.DataFrame(
        [margin_of(held, setting.account, known) for held in (before, after)], index=["before", "after"]
    )
    made = Ticket(
        strategy=strategy,
        event=planned.event,
        market=known,
        as_of=planned.as_of,
        entry_session=planned.plan.entry_session,
        entry_mark=planned.plan.entry_mark.label,
        exit_session=None if planned.whole_life is None else run.market.sessions[-1],
        capital_usd=capital,
        nav_usd=before.nav_usd,
        book=None if asked.book is None else asked.book.source,
        orders=orders,
        shorts=shorts,
        money=money_orders(planned, orders),
        days=past.days,
        costs=costs,
        margin=margins,
        sizes=_size_table(before, after),
        factors=factor_betas(past, before, after),
        tails=tails,
        by_ticker=by_ticker,
        greeks=greeks_table(before, after),
        held_options=after.options,
        option_orders=options.table.assign(
            margin_usd=margin_of_each(after, options.ordered, setting.account, known, marks)
        ),
        stresses=stressed,
        capacity=_capacity(orders, capital),
        exits=exit_levels(planned, orders, capital, options.tickers),
        comparables=comparable_pnl(known, trade, setting.account, past, planned.event, events, compared),
        compared_sessions=compared,
        forecast=forecast,
        asked_limits=asked.limits,
        limits=(),
        account=run.account,
        terms=setting.costs,
        notes=tuple(
            dict.fromkeys(
                (
                    *planned.notes,
                    *told,
                    *_option_notes(options, planned, after),
                    *past.notes,
                    *lacking,
                    *missing,
                    *_short_notes(shorts),
                    *_book_notes(orders, net=asked.net),
                )
            )
        ),
    )
    if asked.limits is None:
        return made
    return replace(made, limits=evaluate(asked.limits, measured(made, after, past, confidences[0])))


def _ordered(
    planned: Planned, setting: RunSetting, asked: TicketAsked
) -> tuple[Planned, pd.DataFrame, OptionOrders, Marks]:
    """The plan with its orders in shares, those in options in the place of some, and what values options."""
    book, known = asked.book, planned.known
    held = {} if book is None else shares_alone(book).holdings(known, planned.row).shares
    orders = first_orders(planned, held)
    if not asked.options:
        return planned, orders, OptionOrders(), marks_of_options(known, asked.chains, setting.costs)
    quotes = option_quotes(known, asked.chains, setting.costs)
    contracts = {} if book is None else book.options
    found = option_orders(asked.options, planned, orders, quotes, contracts if asked.net else {}, contracts)
    planned = without_shares(planned, found.tickers, setting)
    return planned, first_orders(planned, held), found, quotes.marks


def _option_notes(options: OptionOrders, planned: Planned, after: Held) -> tuple[str, ...]:
    """What a reader must know of options in the place of shares."""
    if not options.held:
        return ()
    ends = planned.whole_life is not None
    notes = [
        f"{', '.join(options.tickers)}: options in the place of shares, of the same delta at the close of "
        f"{planned.as_of}, held as they are{' to the planned end' if ends else ''}"
    ]
    end = planned.run.sessions[-1]
    early = [str(one) for one in options.held if not ends or pd.Timestamp(one.expiry) < end]
    before = f"before the planned end on {end:%Y-%m-%d}, " if ends else "in a plan without an end, "
    notes += [f"{one} expires {before}and nothing follows it" for one in early]
    return (*(() if after.options is None else (quotes_note(after.options),)), *notes, *options.notes)


def _names(setting: RunSetting, scenarios: str | Path) -> dict[str, tuple[str, ...]]:
    """What limits may name, by kind."""
    market = setting.market
    stressed = (*(one.name for one in load_scenarios(scenarios).scenarios), *(e.id for e in setting.library.events))
    return {
        **dict.fromkeys(("position", "adv", "borrow"), market.tickers),
        "bucket": (*market.universe.bucket_names, OTHER),
        **dict.fromkeys(GREEK_KINDS, (*market.tickers, *market.universe.bucket_names, OTHER)),
        "factor_beta": WANTED,
        "stress": stressed,
    }


def _confidences(limits: Limits | None) -> tuple[float, ...]:
    """The confidence of the limits first."""
    first = CONFIDENCES if limits is None else (limits.confidence, *CONFIDENCES)
    return tuple(dict.fromkeys(first))


def _forecast(
    planned: Planned, trade: Held, past: Past, costs: ExpectedCosts, seed: int
) -> tuple[Forecast | None, tuple[str, ...]]:
    """The forecast of the orders alone, or why there is none."""
    if past.by_session is None or trade.positions is None:
        filled = trade.positions is not None
        return None, ("no forecast: no joint history" if filled else "no forecast: no order can be filled",)
    held: Floats | HeldOptions = weights_over(trade, past.tickers) * trade.nav_usd
    if trade.options is not None:
        held = trade.options
    make = partial(
        forecast_of, planned.strategy.name, held, past.by_session, costs.by_session, as_of=planned.as_of,
        first_session=planned.plan.entry_session, capital_usd=planned.run.account.capital_usd, seed=seed,
    )  # fmt: skip
    try:
        return make(), ()
    except ParameterError as problem:
        return None, (f"no forecast: {problem.what}",)


def _size_table(before: Held, after: Held) -> pd.DataFrame:
    """gross, net, largest position, largest bucket and concentration, before and after."""
    rows = []
    for held in (before, after):
        found = sizes(held)
        rows.append({kind: max(values.values(), default=0.0) for kind, values in found.items()})
    return pd.DataFrame(rows, index=["before", "after"]).fillna(0.0)


def _capacity(orders: pd.DataFrame, capital_usd: float) -> dict[str, Any]:
    """By what the trade has of each ticker, which grows with its capital; what a book holds does not."""
    known = orders[orders["adv_usd"].notna()]
    if not len(known):
        return {"capital_usd": float("nan"), "ticker": None, "adv_frac": float("nan")}
    shares = (known["trade_shares"] * known["reference_usd"]).abs() / known["adv_usd"]
    largest = known.iloc[int(shares.to_numpy().argmax())]
    share = float(shares.max())
    return {"capital_usd": capital_usd * CAPACITY_ADV_FRAC / share, "ticker": str(largest["ticker"]), "adv_frac": share}


def _short_frac(orders: pd.DataFrame) -> dict[str, float]:
    """Of each sale from holdings, the part by which the account is short after it; nothing of all others."""
    rows = orders[(orders["shares"] < 0.0) & (orders["sold_short_shares"] < -orders["shares"])]
    parts = rows["sold_short_shares"] / -rows["shares"]
    return dict(zip(rows["ticker"].astype(str), parts.tolist(), strict=True))


def _book_notes(orders: pd.DataFrame, *, net: bool) -> tuple[str, ...]:
    """What becomes of tickers that the book and the trade both have."""
    both = orders[orders["before_shares"] != 0.0]
    if not len(both):
        return ()
    named = ", ".join(both["ticker"].astype(str))
    if net:
        return (
            f"what the book holds of {named} counts towards what the trade wants: orders are the difference, and costs "
            "later, the forecast and exits are of all that the trade then has",
        )
    return (
        f"the book holds {named} too: the orders come on top of it, and only what goes below zero is a short sale; "
        "with --net, net=True, what is held counts towards what the trade wants",
    )


def _short_notes(shorts: pd.DataFrame) -> tuple[str, ...]:
    barred = shorts.loc[shorts["rule_201"] == "barred", "ticker"].tolist()
    if not barred:
        return ()
    return (f"rule 201: {', '.join(barred)} fell by a tenth on the last session, so no market short sale at the entry",)
