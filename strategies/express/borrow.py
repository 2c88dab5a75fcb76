"""What each expression of the short leg earns where the shares cost nothing to borrow, what costs say, or far more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.frictions.borrow import Borrow, BorrowFrom
from hedgebook.engine.options.marks import Marks
from hedgebook.universes.brief import brief

from ..strategy.setting import RunSetting
from .ledger import LedgerTerms, paths_by_ledger
from .outcome import stock_paths
from .result import BorrowCase, Expression
from .size import Held
from .structures import BY_NAME
from .terms import Terms
from .workshop import Workshop

# Easy to borrow, and what the most crowded names have cost: fractions a year.
FEES_ANNUAL = (0.0, 1.5)
# Before any price, so that the fee holds in every session.
ALWAYS = date(1900, 1, 1)


@brief
@dataclass(frozen=True, eq=False)
class Lent:
    """What stands at another fee: marks: of a setting; run: of the trade in shares in a setting."""

    marks: Callable[[RunSetting], Marks]
    run: Callable[[RunSetting], Backtest]


def at_fee(setting: RunSetting, tickers: tuple[str, ...], fee_annual: float) -> RunSetting:
    """The setting with one borrow fee of some tickers in every session, whatever files, dates and spikes say."""
    borrow = setting.costs.borrow
    fixed: Borrow = borrow.model_copy(
        update={"file": None, "spikes": (), "dated": (BorrowFrom(names=tickers, first=ALWAYS, rate_annual=fee_annual),)}
    )
    return replace(setting, costs=setting.costs.model_copy(update={"borrow": fixed}))


def by_borrow(
    shop: Workshop, made: tuple[Expression, ...], terms: Terms, ledger: LedgerTerms, lent: Lent,
    fees_annual: Mapping[str, float],
) -> tuple[BorrowCase, ...]:  # fmt: skip
    """P&L of the expressions of the short leg by borrow fee, the position of each standing as it is.

    fees_annual: of every name at the entry, by costs. No cases where the trade has no short leg.
    """
    names = tuple(one.ticker for one in shop.yard.underlyings if one.leg == "short")
    shown = [one for one in made if one.structure.leg == "short"]
    if not names or not shown:
        return ()
    holds = [shop.sized(BY_NAME[one.name], terms)[0] for one in shown]
    usual = BorrowCase(
        {name: float(fees_annual[name]) for name in names},
        {one.name: float(one.figures["pnl_usd"]) for one in shown},
        by_costs=True,
    )
    cases = [_case(shop, shown, holds, ledger, lent, (names, fee)) for fee in FEES_ANNUAL]
    return cases[0], usual, *cases[1:]


def _case(
    shop: Workshop, shown: list[Expression], holds: list[Held], ledger: LedgerTerms, lent: Lent,
    at: tuple[tuple[str, ...], float],
) -> BorrowCase:  # fmt: skip
    names, fee = at
    setting = at_fee(ledger.setting, names, fee)
    paths = paths_by_ledger(holds, shop.boards, replace(ledger, setting=setting, marks=lent.marks(setting)))
    stock = stock_paths(lent.run(setting), shop.yard.underlyings, shop.stock.fee_usd)
    pnl = {}
    for one, held, path in zip(shown, holds, paths, strict=True):
        alone = float((stock.pnl @ abs(held.shares[0])).sum())
        pnl[one.name] = float(path[-1]) if held.options.any() else alone
    return BorrowCase(dict.fromkeys(names, fee), pnl)
