"""An account in one frozen value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hedgebook.errors import CostsError, ParameterError
from hedgebook.universes.toml_file import find_file, read_toml, validate
from hedgebook.universes.universe import Universe

from ..frictions.by_name import check_names
from .delisting import Delisting
from .margin import MarginRules
from .orders import OrderLimits
from .shorts import ShortRules

DATA = Path(__file__).parents[1] / "data"


class Account(BaseModel):
    """Starting cash in USD and the rules of a broker; by default fractional shares, no caps, nothing enforced.

    max_stale_sessions: sessions in a row without a price from which on a held ticker counts as halted: the run says so,
    and where its recovery is stated the end of the run writes it off. Until then it is held at its last price.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "plain"
    capital_usd: Annotated[float, Field(gt=0, lt=1e15)] = 1_000_000.0
    max_stale_sessions: Annotated[int, Field(ge=1, le=2520)] = 5
    orders: OrderLimits = Field(default_factory=OrderLimits)
    shorts: ShortRules = Field(default_factory=ShortRules)
    margin: MarginRules = Field(default_factory=MarginRules)
    delisting: Delisting = Field(default_factory=Delisting)

    def __init__(self, **values: Any) -> None:
        """Raises ParameterError for a value that cannot be used."""
        try:
            super().__init__(**values)
        except ValidationError as problem:
            first = problem.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ParameterError(
                first["msg"].removeprefix("Value error, "), where=where or "account", value=first["input"]
            ) from None

    def with_capital(self, capital_usd: float) -> Account:
        """The same account with another starting sum."""
        return self.model_copy(update={"capital_usd": capital_usd})

    def check_names(self, universe: Universe) -> None:
        """Raise CostsError for a bucket or ticker that the universe does not have."""
        where = f"account {self.name}"
        check_names(universe, f"{where}: margin", self.margin.house_by_bucket, self.margin.house_by_ticker)
        delisting = (*self.delisting.recovery_by_ticker, *self.delisting.delisted)
        check_names(universe, f"{where}: delisting", (), delisting)
        self.shorts.check_names(universe, f"{where}: shorts")


def load_account(name_or_path: str | Path | Account = "plain") -> Account:
    """The account called `plain` or `strict`, or that of a user's TOML file. Raises CostsError."""
    if isinstance(name_or_path, Account):
        return name_or_path
    if str(name_or_path) == "plain":
        return Account()
    shipped = {"plain": DATA / "account_strict.toml", "strict": DATA / "account_strict.toml"}
    path = find_file(name_or_path, shipped, kind="account", error=CostsError)
    name = "strict" if path == shipped["strict"] else path.name
    values = {"name": name, **read_toml(path, error=CostsError)}
    return validate(_Readable, values, path=path, error=CostsError).account()


class _Readable(BaseModel):
    """An account as a file holds it: without the capital, which belongs to the trade."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    max_stale_sessions: Annotated[int, Field(ge=1, le=2520)] = 5
    orders: OrderLimits = Field(default_factory=OrderLimits)
    shorts: ShortRules = Field(default_factory=ShortRules)
    margin: MarginRules = Field(default_factory=MarginRules)
    delisting: Delisting = Field(default_factory=Delisting)

    def account(self) -> Account:
        return Account(**{name: getattr(self, name) for name in type(self).model_fields})
