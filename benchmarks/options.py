"""Options a second, against QuantLib at equal error in one run: American alone and by chain, European, implied.

`options.american` and QuantLib's QdFp engine price the same contracts; both are held against QuantLib's finest scheme,
and neither time counts where a price is off. A chain shares its boundaries by expiry: so a user's sweep and quotes do.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from hedgebook import options
from hedgebook.errors import VerificationError

OWN, CHAINS, STRIKES, MANY, GATE = 20_000, 500, 800, 2_000_000, 400
TINY = {"OWN": 60, "CHAINS": 4, "STRIKES": 20, "MANY": 500, "GATE": 40}
LARGEST_ERROR_FRAC = 2e-9
LEAST = {"american": 20_000, "chain": 1_000_000, "european": 5_000_000, "implied": 2_000_000}


def contracts(count: int, seed: int = 7) -> options.Contracts:
    """Options as they are listed: days to two years, in and out of the money, some dear to borrow, all of own terms."""
    draws = np.random.default_rng(seed)
    spot = draws.uniform(10.0, 700.0, count)
    days = draws.integers(2, 730, count)
    return options.Contracts(
        draws.choice(["call", "put"], count).tolist(), spot, spot * np.exp(draws.normal(0.0, 0.2, count)), days / 365,
        draws.uniform(0.01, 0.06, count), draws.choice([0.0, 0.005, 0.03, 0.2, 0.6], count),
        draws.uniform(0.2, 1.5, count),
    )  # fmt: skip


def chains(count: int, strikes: int) -> options.Contracts:
    """Whole chains: `strikes` contracts of one expiry and volatility share a boundary."""
    one = contracts(count, 8)
    names = ("spot", "years", "rate_annual", "carry_annual", "vol_annual")
    terms = {name: np.repeat(getattr(one, name), strikes) for name in names}
    strike = terms["spot"] * np.tile(np.linspace(0.5, 1.6, strikes), count)
    return options.Contracts("put", strike=strike, **terms)


def quantlib(these: options.Contracts, rows: range, *, fine: bool) -> tuple[np.ndarray, float]:
    """Prices of QuantLib's QdFp engine and the seconds of pricing alone.

    fine: its finest scheme, the truth; else its accurate one, the fastest that comes near: high precision takes 30
    times as long.
    """
    import QuantLib as ql  # noqa: N813 its own manual calls it so

    day = ql.Date(15, 1, 2026)
    ql.Settings.instance().evaluationDate = day
    counter, calendar = ql.Actual365Fixed(), ql.NullCalendar()
    scheme = ql.QdFpTanhSinhIterationScheme(32, 60, 1e-13) if fine else ql.QdFpAmericanEngine.accurateScheme()
    out, seconds = np.empty(len(rows)), 0.0
    for n, i in enumerate(rows):
        spot = ql.QuoteHandle(ql.SimpleQuote(float(these.spot[i])))
        rate, carry = (
            ql.YieldTermStructureHandle(ql.FlatForward(day, float(value), counter))
            for value in (these.rate_annual[i], these.carry_annual[i])
        )
        vol = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(day, calendar, float(these.vol_annual[i]), counter))
        process = ql.BlackScholesMertonProcess(spot, carry, rate, vol)
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if these.calls[i] else ql.Option.Put, float(these.strike[i]))
        option = ql.VanillaOption(payoff, ql.AmericanExercise(day, day + round(float(these.years[i]) * 365)))
        option.setPricingEngine(ql.QdFpAmericanEngine(process, scheme))
        begun = time.perf_counter()
        out[n] = option.NPV()
        seconds += time.perf_counter() - begun
    return out, seconds


def timed(call: Any) -> tuple[Any, float]:
    """What a call gives, and the shortest of three times."""
    best, found = np.inf, None
    for _ in range(3):
        begun = time.perf_counter()
        found = call()
        best = min(best, time.perf_counter() - begun)
    return found, best


def check(name: str, far: np.ndarray, bound: float) -> None:
    """Raise VerificationError for prices that are further off than they may be."""
    if not np.isfinite(far).all() or far.max() > bound:
        raise VerificationError(f"{name}: off by {np.nanmax(far):.2g} of the spot, bound {bound:g}")


def main() -> int:
    """Print the rates; 1 where one is below what it must be."""
    own, chain, many = contracts(OWN), chains(CHAINS, STRIKES), contracts(MANY, 9)
    priced, own_seconds = timed(lambda: options.american(own, sensitivities=False)["price"].to_numpy())
    rows = range(0, OWN, max(OWN // GATE, 1))
    truth, _ = quantlib(own, rows, fine=True)
    theirs, their_seconds = quantlib(own, rows, fine=False)
    spots = own.spot[rows.start : rows.stop : rows.step]
    far = np.abs(priced[rows.start : rows.stop : rows.step] - truth) / spots
    check("american", far, LARGEST_ERROR_FRAC)
    by_chain, chain_seconds = timed(lambda: options.american(chain, sensitivities=False)["price"].to_numpy())
    some = range(0, len(chain), max(len(chain) // 100, 1))
    check("chain", np.abs(by_chain[some] - quantlib(chain, some, fine=True)[0]) / chain.spot[some], LARGEST_ERROR_FRAC)
    european, european_seconds = timed(lambda: options.european(many))
    told, implied_seconds = timed(lambda: options.implied_volatility(many, european["price"], exercise="european"))
    sure = (european["vega"] > 1e-2 * many.spot).to_numpy()
    check("implied", np.abs(told["vol_annual"].to_numpy() - many.vol_annual)[sure], 1e-9)
    rates = {
        "american": OWN / own_seconds, "chain": len(chain) / chain_seconds, "european": MANY / european_seconds,
        "implied": MANY / implied_seconds,
    }  # fmt: skip
    per_second = len(truth) / their_seconds
    print(f"American, each with its own boundary: {rates['american']:,.0f} a second, worst {far.max():.1e} of the spot")
    worst = (np.abs(theirs - truth) / spots).max()
    print(f"  QuantLib, accurate scheme: {per_second:,.0f} a second, worst {worst:.1e}")
    print(f"  {rates['american'] / per_second:.1f} times as fast, on all cores against its one")
    print(
        f"American, chains of {STRIKES}: {rates['chain']:,.0f} a second; {rates['chain'] / per_second:.0f} x QuantLib"
    )
    print(f"European with all sensitivities: {rates['european']:,.0f} a second")
    print(f"Implied volatilities, European: {rates['implied']:,.0f} a second")
    return int(any(rates[name] < least for name, least in LEAST.items()))
