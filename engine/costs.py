"""Costs: every friction and rate of a backtest in one frozen value."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from hedgebook.errors import CostsError
from hedgebook.universes.toml_file import find_file, read_toml, validate
from hedgebook.universes.universe import Universe

from .frictions.borrow import Borrow
from .frictions.by_name import check_either, check_names
from .frictions.commission import Commission
from .frictions.financing import CashInterest
from .frictions.impact import SquareRootImpact
from .frictions.price_concession import PriceConcession

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
        for table in ("half_spread", "slippage"):
            named: PriceConcession = getattr(self, table)
            check_names(universe, f"costs {self.name}: {table}", named.by_bucket_bps, named.by_ticker_bps)
        where = f"costs {self.name}: borrow"
        check_names(universe, where, self.borrow.by_bucket_annual, self.borrow.by_ticker_annual)
        for spike in self.borrow.spikes:
            check_either(universe, where, spike.names)


def load_costs(name_or_path: str | Path | Costs = "default") -> Costs:
    """The costs called `default` or `none`, or those of a user's TOML file. Raises CostsError."""
    if isinstance(name_or_path, Costs):
        return name_or_path
    if str(name_or_path) == "none":
        return Costs()
    shipped = {"default": DEFAULT_COSTS, "none": DEFAULT_COSTS}
    path = find_file(name_or_path, shipped, kind="costs", error=CostsError)
    name = str(name_or_path) if path == DEFAULT_COSTS else path.name
    costs = validate(Costs, {"name": name, **read_toml(path, error=CostsError)}, path=path, error=CostsError)
    if costs.borrow.file is None:
        return costs
    # A file of rates lies beside the costs that name it, wherever the command is run from.
    borrow = costs.borrow.model_copy(update={"file": path.parent / costs.borrow.file})
    return costs.model_copy(update={"borrow": borrow})
