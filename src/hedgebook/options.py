"""Options: prices and sensitivities of European and American calls and puts, implied volatilities, events' variance.

Contracts are arrays of one length; carry_annual is a continuous yield that carries dividends and the borrow fee.

>>> from hedgebook import options
>>> puts = options.Contracts("put", spot=90.0, strike=[80.0, 90.0], years=45 / 365, rate_annual=0.0425, vol_annual=0.9)
>>> options.european(puts)["price"].round(4).tolist()
[6.225, 11.0361]
>>> options.american(puts)["price"].round(4).tolist()
[6.2396, 11.0667]
>>> fee = puts.but(carry_annual=0.60)  # a stock that costs 60 % a year to borrow
>>> options.american(fee)["price"].round(4).tolist()
[8.3641, 14.0942]
>>> options.implied_volatility(fee, [8.3641, 14.0942])["vol_annual"].round(4).tolist()
[0.9, 0.9]
>>> options.straddle_move(49.4, forward=594.7, discount=0.9996, years=3 / 365).expected_frac.__round__(4)
0.0831
"""

from hedgebook.engine.option_ledger.array_marks import ArrayMarks
from hedgebook.engine.option_ledger.beside import StockBeside
from hedgebook.engine.option_ledger.explain import explain_moves
from hedgebook.engine.option_ledger.margin import MarginLeg, OptionMarginRules, Requirement, option_requirement
from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.engine.option_ledger.run import run_options
from hedgebook.engine.option_ledger.sets import OptionSetsRun, TradeSets, option_sets
from hedgebook.engine.option_ledger.trades import OptionTerms, OptionTrade
from hedgebook.engine.options.american import american
from hedgebook.engine.options.carry import ChainCarry, Estimate, chain_carry, mean_estimate
from hedgebook.engine.options.cash_dividends import DividendModel, cash_dividend_price
from hedgebook.engine.options.chain_borrow import ChainBorrow, chain_borrow
from hedgebook.engine.options.chain_event import ChainEvent, ExpectedAndRealised, chain_event, expected_and_realised
from hedgebook.engine.options.chain_marks import ChainMarks
from hedgebook.engine.options.chain_surface import ChainSurface, Slice, Violation, chain_surface
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.european import european
from hedgebook.engine.options.event import Day, EventVariance, Expiry, StraddleMove, event_variance, straddle_move
from hedgebook.engine.options.implied import Exercise, implied_volatility
from hedgebook.engine.options.marks import Marks, ModelMarks, Quoted
from hedgebook.engine.options.parity import CashDividend, forward_bounds, implied_borrow, implied_forward
from hedgebook.engine.options.surface_model import NameSurface, SurfaceModel, SurfaceTerms, load_surfaces
from hedgebook.universes.chains.chain import Chain, Listed, MarkName, Right, Snapshot
from hedgebook.universes.chains.read import read_chain

__all__ = [
    "ArrayMarks", "CashDividend", "Chain", "ChainBorrow", "ChainCarry", "ChainEvent", "ChainMarks", "ChainSurface",
    "Contracts", "Day", "DividendModel", "Estimate", "EventVariance", "Exercise", "ExpectedAndRealised", "Expiry",
    "Listed", "MarginLeg", "MarkName", "Marks", "ModelMarks", "NameSurface", "OptionMarginRules", "OptionRun",
    "OptionSetsRun", "OptionTerms", "OptionTrade", "Quoted", "Requirement", "Right", "Slice", "Snapshot", "StockBeside",
    "StraddleMove", "SurfaceModel", "SurfaceTerms", "TradeSets", "Violation", "american", "cash_dividend_price",
    "chain_borrow", "chain_carry", "chain_event", "chain_surface", "european", "event_variance",
    "expected_and_realised", "explain_moves", "forward_bounds", "implied_borrow", "implied_forward",
    "implied_volatility", "load_surfaces", "mean_estimate", "option_requirement", "option_sets", "read_chain",
    "run_options", "straddle_move",
]  # fmt: skip
