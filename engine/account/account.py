"""An account in one frozen value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from hedgebook.errors import CostsError
from hedgebook.universes.checks import ACCOUNT, UNIVERSE_VALUE, takes
from hedgebook.universes.model import Value
from hedgebook.universes.toml_file import find_file, name_of, read_toml, validate
from hedgebook.universes.universe import Universe

from ..frictions.by_name import passed_over_note, refuse, unknown_names
from .delisting import Delisting
from .margin import MarginRules, OnMarginCall
from .orders import OrderLimits
from .shorts import ShortRules

DATA = Path(__file__).parents[1] / "data"
STRICT = DATA / "account_strict.toml"
NAMES = ("plain", "strict", "default", "none")
DEFAULT_STALE_SESSIONS = 5
HedgeFrac = Annotated[float, Field(ge=0, le=1)]


class Account(Value):
    """Starting cash in USD and the rules of a broker; by default fractional shares, no caps, nothing enforced.

    name: of the file; capital_usd: above 0; orders: whole shares, the smallest order, and the fraction of a day's
    volume that may be traded; shorts: when shares can be sold short and must be given back; margin: requirements as
    fractions of value, and what a margin call does; delisting: what is recovered of a ticker that stops trading, a
    fraction of its last price. shipped: buckets that the shipped file names, which are passed over, with a note, where
    a universe lacks them. max_stale_sessions: sessions in a row without a price from which on a held ticker counts as
    halted: the run says so, and where its recovery is stated the end of the run writes it off. Until then it is held
    at its last price. currency_hedge_frac: the part of what is held abroad that is paid with money of its own currency,
    owed at its rate: 1 leaves of a move of an exchange rate only what it does to gains and losses, 0 bears all of it.
    """

    name: str = "plain"
    capital_usd: Annotated[float, Field(gt=0, lt=1e15)] = 1_000_000.0
    max_stale_sessions: Annotated[int, Field(ge=1, le=2520)] = DEFAULT_STALE_SESSIONS
    orders: OrderLimits = Field(default_factory=OrderLimits)
    shorts: ShortRules = Field(default_factory=ShortRules)
    margin: MarginRules = Field(default_factory=MarginRules)
    delisting: Delisting = Field(default_factory=Delisting)
    currency_hedge_frac: HedgeFrac = 0.0
    shipped: tuple[str, ...] = ()

    def with_capital(self, capital_usd: float) -> Account:
        """The same account with another starting sum, `capital_usd` in USD, which is not checked."""
        return self.model_copy(update={"capital_usd": capital_usd})

    @takes(universe=UNIVERSE_VALUE)
    def check_names(self, universe: Universe, priced: Sequence[str] = ()) -> None:
        """Check names against a universe, and tickers also against others that have prices (`priced`).

        Raises CostsError for buckets and tickers that it lacks, all of them at once, shipped ones excepted.
        """
        known = (*self.shipped, *priced)
        where, margin = f"account {self.name}", self.margin
        found = unknown_names(universe, f"{where}: margin", margin.house_by_bucket, (), self.shipped)
        found += unknown_names(universe, f"{where}: margin", (), margin.house_by_ticker, known)
        delisting = (*self.delisting.recovery_by_ticker, *self.delisting.delisted)
        found += unknown_names(universe, f"{where}: delisting", (), delisting, priced)
        refuse(found + self.shorts.unknown_names(universe, f"{where}: shorts", priced))

    @takes(universe=UNIVERSE_VALUE)
    def notes(self, universe: Universe) -> tuple[str, ...]:
        """What a reader must know of where the rules come from in a universe, a line each.

        Raises ParameterError for what is no `universe`.
        """
        instead = "every ticker has the requirement without the broker's multiplier"
        return passed_over_note(universe, f"account {self.name}", self.shipped, instead)


@takes(name_or_path=ACCOUNT)
def load_account(name_or_path: str | Path | Account = "plain") -> Account:
    """The account called `plain`, `strict` or `none`, or that of a user's TOML file.

    name_or_path: one of these, a path, or an Account, which is given back. Raises CostsError for any other.
    `plain` reports margin calls and enforces nothing; `none` does neither; `default` is another word for `plain`.
    """
    if isinstance(name_or_path, Account):
        return name_or_path
    if str(name_or_path) in ("plain", "default"):
        return _plain()
    if str(name_or_path) == "none":
        return _without_margin()
    path = find_file(name_or_path, dict.fromkeys(NAMES, STRICT), kind="account", error=CostsError)
    values = read_toml(path, error=CostsError)
    found = validate(_Readable, {"name": name_of(path), **values}, path=path, error=CostsError).account()
    if path != STRICT:
        return found
    return found.model_copy(update={"name": "strict", "shipped": tuple(found.margin.house_by_bucket)})


@cache
def _plain() -> Account:
    return Account()


@cache
def _without_margin() -> Account:
    return Account(name="none", margin=MarginRules(on_call=OnMarginCall.OFF))


class _Readable(Value):
    """An account as a file holds it: without the capital, which belongs to the trade."""

    name: str
    max_stale_sessions: Annotated[int, Field(ge=1, le=2520)] = DEFAULT_STALE_SESSIONS
    orders: OrderLimits = Field(default_factory=OrderLimits)
    shorts: ShortRules = Field(default_factory=ShortRules)
    margin: MarginRules = Field(default_factory=MarginRules)
    delisting: Delisting = Field(default_factory=Delisting)
    currency_hedge_frac: HedgeFrac = 0.0

    def account(self) -> Account:
        return Account(**{name: getattr(self, name) for name in type(self).model_fields})
