"""Costs: every friction and rate of a backtest in one frozen value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from hedgebook.errors import CostsError, did_you_mean
from hedgebook.universes.market import Market
from hedgebook.universes.toml_file import find_file, read_toml, validate
from hedgebook.universes.universe import Universe

from .frictions.commission import Commission
from .frictions.financing import Borrow, CashInterest
from .frictions.impact import SquareRootImpact
from .frictions.price_concession import PriceConcession
from .kernels.records import Terms

DEFAULT_COSTS = Path(__file__).parent / "data" / "costs.toml"


class Costs(BaseModel):
    """What trading and holding cost; the value without arguments costs nothing at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "none"
    commission: Commission = Field(default_factory=Commission)
    half_spread: PriceConcession = Field(default_factory=PriceConcession)
    slippage: PriceConcession = Field(default_factory=PriceConcession)
    impact: SquareRootImpact = Field(default_factory=SquareRootImpact)
    borrow: Borrow = Field(default_factory=Borrow)
    cash: CashInterest = Field(default_factory=CashInterest)

    def check_names(self, universe: Universe) -> None:
        """Raise CostsError for a bucket or ticker that the universe does not have."""
        tables = {
            "half_spread": (self.half_spread.by_bucket_bps, self.half_spread.by_ticker_bps),
            "slippage": (self.slippage.by_bucket_bps, self.slippage.by_ticker_bps),
            "borrow": (self.borrow.by_bucket_annual, self.borrow.by_ticker_annual),
        }
        for table, (buckets, tickers) in tables.items():
            for kind, given, known in (
                ("bucket", buckets, universe.bucket_names),
                ("ticker", tickers, universe.tickers),
            ):
                for name in given:
                    if name not in known:
                        raise CostsError(
                            f"universe {universe.name} has no {kind} {name!r}",
                            where=f"costs {self.name}: {table}",
                            remedy=did_you_mean(name, known),
                        )


def load_costs(name_or_path: str | Path | Costs = "default") -> Costs:
    """The costs called `default` or `none`, or those of a user's TOML file. Raises CostsError."""
    if isinstance(name_or_path, Costs):
        return name_or_path
    if str(name_or_path) == "none":
        return Costs()
    shipped = {"default": DEFAULT_COSTS, "none": DEFAULT_COSTS}
    path = find_file(name_or_path, shipped, kind="costs", error=CostsError)
    name = str(name_or_path) if path == DEFAULT_COSTS else path.name
    return validate(Costs, {"name": name, **read_toml(path, error=CostsError)}, path=path, error=CostsError)


def terms_of(costs: Costs, market: Market, start: int, stop: int, max_stale_sessions: int) -> Terms:
    """Costs as arrays over the tickers and the sessions `start` to `stop` (excluded) of a market.

    Where volume or volatility is unknown the impact is zero, of which a backtest's warnings tell.
    """
    return Terms(
        half_spread=costs.half_spread.frac(market),
        slippage=costs.slippage.frac(market),
        impact=np.nan_to_num(costs.impact.coefficients(market, start, stop), nan=0.0),
        borrow=costs.borrow.rates(market, start, stop),
        commission=costs.commission.frac,
        cash_rate=costs.cash.rate_annual,
        margin_rate=costs.cash.margin_rate_annual,
        max_stale=max_stale_sessions,
    )
