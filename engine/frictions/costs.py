"""Costs: every friction and rate of a backtest in one frozen value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from hedgebook.errors import CostsError, InputError, did_you_mean, together
from hedgebook.universes.checks import COSTS, UNIVERSE_VALUE, takes
from hedgebook.universes.market import Market
from hedgebook.universes.model import Value
from hedgebook.universes.refusal.problems import flaw
from hedgebook.universes.toml_file import find_file, name_of, read_toml, validate
from hedgebook.universes.universe import Universe

from ..arrays import Floats
from .borrow import Borrow
from .by_name import passed_over_note, refuse, unknown_either, unknown_names
from .commission import Commission
from .financing import CashInterest
from .impact import SquareRootImpact
from .price_concession import PriceConcession
from .tiers import SHOWN, Liquidity, has_volumes, tier_line

DEFAULT_COSTS = Path(__file__).parents[1] / "data" / "costs.toml"
FLAT_COSTS = DEFAULT_COSTS.with_name("costs_flat.toml")
BASES = ("default", "none")
# Of a table: the number for whatever is not named, and the numbers by bucket that go with it.
BY_NAME = {
    "half_spread": ("default_bps", "by_bucket_bps"),
    "slippage": ("default_bps", "by_bucket_bps"),
    "borrow": ("default_annual", "by_bucket_annual"),
}
# Who states a fee of his own means it on every day: the default's fees of single days would come before it.
FEES = {"default_annual", "by_bucket_annual", "by_ticker_annual", "by_liquidity_annual", "file", "dated"}
# Of a table: the numbers by tier of liquidity.
BY_LIQUIDITY = {"half_spread": "by_liquidity_bps", "slippage": "by_liquidity_bps", "borrow": "by_liquidity_annual"}
CONCESSIONS = ("half_spread", "slippage")


class Costs(Value):
    """What trading and holding cost; the value without arguments costs nothing at all.

    name: of the file; commission: bps of the traded value, and the least USD of an order; half_spread, slippage: bps
    of the price, by bucket and ticker; impact: of the square-root law, on top of both; borrow: annual fee on what is
    sold short, a fraction of its value; cash: annual interest on cash held and owed, fractions; liquidity: the tiers
    of tickers that spread, slippage and borrow name neither by themselves nor by bucket. inherited: tables and keys
    that a file left out, so that they stand as in the shipped default costs; shipped: buckets that only the shipped
    file names, which are passed over, with a note, where a universe lacks them.
    """

    _error: ClassVar[type[InputError]] = CostsError

    name: str = "none"
    commission: Commission = Field(default_factory=Commission)
    half_spread: PriceConcession = Field(default_factory=PriceConcession)
    slippage: PriceConcession = Field(default_factory=PriceConcession)
    impact: SquareRootImpact = Field(default_factory=SquareRootImpact)
    borrow: Borrow = Field(default_factory=Borrow)
    cash: CashInterest = Field(default_factory=CashInterest)
    liquidity: Liquidity = Field(default_factory=Liquidity)
    inherited: tuple[str, ...] = ()
    shipped: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_tiers(self) -> Self:
        known = self.liquidity.names
        for table, key in BY_LIQUIDITY.items():
            for name in getattr(getattr(self, table), key):
                if name not in known:
                    what = "there is no such tier" if known else "there are no tiers: the table liquidity is missing"
                    raise flaw(what, at=(table, key), value=name, remedy=did_you_mean(name, known))
        return self

    @takes(universe=UNIVERSE_VALUE)
    def check_names(self, universe: Universe, priced: Sequence[str] = ()) -> None:
        """Check names against a universe, and tickers also against others that have prices (`priced`).

        Raises CostsError for buckets and tickers that it lacks, all of them at once, shipped ones excepted.
        """
        found: list[CostsError] = []
        for table, (_, by_bucket) in BY_NAME.items():
            named, where = getattr(self, table), f"costs {self.name}: {table}"
            found += unknown_names(universe, where, getattr(named, by_bucket), (), self.shipped)
            by_ticker = getattr(named, by_bucket.replace("bucket", "ticker"))
            found += unknown_names(universe, where, (), by_ticker, priced)
        for spike in self.borrow.spikes:
            found += unknown_either(universe, f"costs {self.name}: borrow", spike.names, priced)
        for dated in self.borrow.dated:
            if not dated.may_be_absent:
                found += unknown_either(universe, f"costs {self.name}: borrow", dated.names, priced)
        refuse(found)

    def concession_frac(self, table: str, market: Market, row: int) -> Floats:
        """(N,) of a `table`, "half_spread" or "slippage", as a fraction of the price of each ticker of `market`, in a
        simulation from session `row` on, never NaN."""
        named: PriceConcession = getattr(self, table)
        out = named.frac(market, row, self.liquidity)
        for currency, i in market.currency_columns.items():
            if currency not in named.by_ticker_bps:  # a spread of its own, and no slippage
                out[i] = (self.cash.of_currency(currency).exchange_bps or 0.0) / 1e4 if table == "half_spread" else 0.0
        return out

    def borrow_rates(self, market: Market, start: int, stop: int) -> Floats:
        """(stop - start, N), or (1, N) where all are the same: annual borrow fees of `market` from session `start` to
        before `stop`, never NaN; of a currency what debt in it pays beyond what money in it earns. Raises as
        `Borrow.rates`."""
        out = self.borrow.rates(market, start, stop, self.liquidity)
        for currency, i in market.currency_columns.items():  # who owes money pays this beside what it earns
            rates = self.cash.of_currency(currency)
            out[:, i] = rates.margin_rate_annual - rates.rate_annual
        return out

    def rates_bps(self, market: Market, row: int) -> dict[str, Floats]:
        """(N,) basis points of the traded value of each ticker of `market`, by table, in a simulation from session
        `row` on, never NaN."""
        found = {name: 1e4 * self.concession_frac(name, market, row) for name in CONCESSIONS}
        return {"commission": self.commission.rates_bps(market), **found}

    @property
    def nothing(self) -> bool:
        """Whether trading and borrowing cost nothing at all, whatever cash earns: options then cost nothing either."""
        free = Costs()
        return all(
            getattr(self, name) == getattr(free, name)
            for name in ("commission", "half_spread", "slippage", "impact", "borrow")
        )

    @property
    def per_share_usd(self) -> float:
        """USD that a share pays whatever it is worth."""
        return self.commission.per_share_usd

    @property
    def least_order_usd(self) -> float:
        """The least USD that an order pays."""
        return self.commission.min_usd

    def tiered(self, market: Market) -> NDArray[np.bool_]:
        """(N,): whether a ticker of `market` has the rate of its tier of liquidity; none without volumes."""
        if not self.liquidity.tiers or not has_volumes(market):
            return np.zeros(len(market.tickers), dtype=np.bool_)
        tables = (self.half_spread, self.slippage, self.borrow)
        out = np.asarray(np.any([table.tiered(market) for table in tables], axis=0))
        out[list(market.currency_columns.values())] = False
        return out

    def tier_notes(self, market: Market, row: int | None, tickers: Iterable[str]) -> tuple[str, ...]:
        """One line about the tiers of those `tickers` of `market` that have one, in a simulation from session `row` on.

        row: None for many simulations, each with a first session of its own.
        """
        tiered = self.tiered(market)
        at = [market.columns[one] for one in dict.fromkeys(tickers) if one in market.columns]
        columns = np.array([i for i in at if tiered[i]], dtype=np.int64)
        if not len(columns):
            return ()
        if row is None:
            names = ", ".join(market.tickers[i] for i in columns[:SHOWN])
            more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
            own = f"of each set as known before its first session, for {names}{more}"
            return (f"costs {self.name}: spread, slippage and borrow fee by tier of liquidity, {own}",)
        told = tier_line(self.liquidity, market, row, columns)
        span = f"{self.liquidity.window_sessions} sessions before {market.sessions[row]}"
        return (
            f"costs {self.name}: spread, slippage and borrow fee by tier of liquidity, measured over the {span}, where "
            f"neither ticker nor bucket is named: {told}",
        )

    @takes(universe=UNIVERSE_VALUE)
    def notes(self, universe: Universe) -> tuple[str, ...]:
        """What a reader must know of where the numbers come from in a universe, a line each.

        Raises ParameterError for what is no `universe`.
        """
        where = f"costs {self.name}"
        lines = (f"{where}: as in the default costs: {', '.join(self.inherited)}",) if self.inherited else ()
        instead = f"{self.half_spread.default_bps:g} + {self.slippage.default_bps:g} bps of spread and slippage and a "
        instead += f"borrow fee of {self.borrow.default_annual:.2%} stand in for them, unless a name has its own"
        if self.liquidity.tiers and (self.half_spread.by_liquidity_bps or self.slippage.by_liquidity_bps):
            instead += " or the prices have volumes, which put it in a tier of liquidity"
        return (*lines, *passed_over_note(universe, where, self.shipped, instead))


TABLES = tuple(name for name in Costs.model_fields if name not in ("name", "inherited", "shipped"))


@takes(name_or_path=COSTS)
def load_costs(name_or_path: str | Path | Costs = "default") -> Costs:
    """The costs called `default`, `flat` or `none`, or those of a user's TOML file.

    name_or_path: one of these, a path, or a Costs, which is given back. Raises CostsError for any other.
    What a file leaves out stands as in the default costs, unless it says base = "none": whole tables, and in a table
    its other keys. A table that gives its own default has no numbers by bucket but its own; one that states any borrow
    fee has no dated fees but its own.
    """
    if isinstance(name_or_path, Costs):
        return name_or_path
    if str(name_or_path) == "none":
        return Costs()
    shipped = {"default": DEFAULT_COSTS, "flat": FLAT_COSTS, "none": DEFAULT_COSTS}
    path = find_file(name_or_path, shipped, kind="costs", error=CostsError)
    if path == DEFAULT_COSTS:
        return _default_costs()
    costs = _validated(read_toml(path, error=CostsError), path)
    if costs.borrow.file is None:
        return costs
    # A file of rates lies beside the costs that name it, wherever the command is run from.
    borrow = costs.borrow.model_copy(update={"file": path.parent / costs.borrow.file})
    return costs.model_copy(update={"borrow": borrow})


@cache
def _default_costs() -> Costs:
    raw = read_toml(DEFAULT_COSTS, error=CostsError)
    return validate(Costs, {"name": "default", **raw, "shipped": _buckets(raw)}, path=DEFAULT_COSTS, error=CostsError)


def _validated(raw: Mapping[str, Any], path: Path) -> Costs:
    """A user's costs. Raises CostsError that names everything wrong in them, the costs to begin with among it."""
    base, found = raw.get("base", "default"), []
    if base not in BASES:
        remedy = did_you_mean(str(base), BASES)
        found.append(
            CostsError("there are no such costs to begin with", where=f"{path.name}: base", value=base, remedy=remedy)
        )
        raw = {**raw, "base": "default"}
    try:
        costs = validate(Costs, {"name": name_of(path), **_completed(raw, path)}, path=path, error=CostsError)
    except CostsError as problem:
        if not found:
            raise
        first = CostsError(
            problem.what, where=problem.where, value=problem.value, bound=problem.bound, remedy=problem.remedy
        )
        raise together([*found, first, *problem.also]) from None
    if found:
        raise found[0]
    return costs


def _completed(raw: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A user's costs with what they leave out. Raises CostsError for a file that states nothing."""
    own = {key: value for key, value in raw.items() if key != "base"}
    base = raw.get("base", "default")
    if "base" not in raw and not any(value for key, value in own.items() if key != "name"):
        raise CostsError(
            "the file states no costs",
            where=path.name,
            bound=f"tables {', '.join(TABLES)}",
            remedy='Write base = "default" for the default costs, or base = "none" for none.',
        )
    for key in ("inherited", "shipped"):
        if key in own:
            raise CostsError("there is no such key", where=f"{path.name}: {key}", remedy=did_you_mean(key, TABLES))
    if base == "none":
        return own
    default = read_toml(DEFAULT_COSTS, error=CostsError)
    inherited: list[str] = []
    for table in TABLES:
        given = own.get(table)
        if given is None:
            own[table] = default[table]
            inherited.append(table)
        elif isinstance(given, Mapping):
            own[table], keys = _with_the_rest(table, given, default[table])
            inherited += [f"{table}.{key}" for key in keys]
    theirs = _buckets(raw)
    return {**own, "inherited": inherited, "shipped": [name for name in _buckets(own) if name not in theirs]}


def _with_the_rest(
    table: str, given: Mapping[str, Any], default: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """A table with the keys that it leaves out, and which these are."""
    common, by_bucket = BY_NAME.get(table, ("", ""))
    by_liquidity = BY_LIQUIDITY.get(table, "")
    rest = {k: v for k, v in default.items() if k not in given and k != "reason"}
    if table == "borrow" and FEES & given.keys():
        rest.pop("dated", None)
    if common in given:
        rest.pop(by_bucket, None)
        rest.pop(by_liquidity, None)
    full = {**given, **rest}
    own = given.get(by_bucket)
    if isinstance(own, Mapping) and common not in given:
        full[by_bucket] = {**default[by_bucket], **own}
        if set(default[by_bucket]) - set(own):
            return full, [*rest, by_bucket]
    return full, list(rest)


def _buckets(raw: Mapping[str, Any]) -> list[str]:
    """Every bucket that costs name, once."""
    found: dict[str, None] = {}
    for table, (_, by_bucket) in BY_NAME.items():
        named = raw.get(table)
        names = named.get(by_bucket) if isinstance(named, Mapping) else None
        found |= dict.fromkeys(names if isinstance(names, Mapping) else ())
    return list(found)
