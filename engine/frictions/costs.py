"""Costs: every friction and rate of a backtest in one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from hedgebook.errors import CostsError, InputError, did_you_mean, together
from hedgebook.universes.checks import COSTS, UNIVERSE_VALUE, takes
from hedgebook.universes.market import Market
from hedgebook.universes.model import Value
from hedgebook.universes.toml_file import find_file, name_of, read_toml, validate
from hedgebook.universes.universe import Universe

from ..arrays import Floats
from .borrow import Borrow
from .by_name import check_either, check_names, passed_over_note
from .commission import Commission
from .financing import CashInterest
from .impact import SquareRootImpact
from .price_concession import PriceConcession

DEFAULT_COSTS = Path(__file__).parents[1] / "data" / "costs.toml"
BASES = ("default", "none")
# Of a table: the number for whatever is not named, and the numbers by bucket that go with it.
BY_NAME = {
    "half_spread": ("default_bps", "by_bucket_bps"),
    "slippage": ("default_bps", "by_bucket_bps"),
    "borrow": ("default_annual", "by_bucket_annual"),
}


class Costs(Value):
    """What trading and holding cost; the value without arguments costs nothing at all.

    name: of the file; commission: bps of the traded value, and the least USD of an order; half_spread, slippage: bps
    of the price, by bucket and ticker; impact: of the square-root law, on top of both; borrow: annual fee on what is
    sold short, a fraction of its value; cash: annual interest on cash held and owed, fractions. inherited: tables and
    keys that a file left out, so that they stand as in the shipped default costs; shipped: buckets that only the
    shipped file names, which are passed over, with a note, where a universe lacks them.
    """

    _error: ClassVar[type[InputError]] = CostsError

    name: str = "none"
    commission: Commission = Field(default_factory=Commission)
    half_spread: PriceConcession = Field(default_factory=PriceConcession)
    slippage: PriceConcession = Field(default_factory=PriceConcession)
    impact: SquareRootImpact = Field(default_factory=SquareRootImpact)
    borrow: Borrow = Field(default_factory=Borrow)
    cash: CashInterest = Field(default_factory=CashInterest)
    inherited: tuple[str, ...] = ()
    shipped: tuple[str, ...] = ()

    @takes(universe=UNIVERSE_VALUE)
    def check_names(self, universe: Universe) -> None:
        """Check names against a universe.

        Raises CostsError for a bucket or ticker that it lacks, shipped ones excepted.
        """
        for table in ("half_spread", "slippage"):
            named: PriceConcession = getattr(self, table)
            where = f"costs {self.name}: {table}"
            check_names(universe, where, named.by_bucket_bps, named.by_ticker_bps, self.shipped)
        where = f"costs {self.name}: borrow"
        check_names(universe, where, self.borrow.by_bucket_annual, self.borrow.by_ticker_annual, self.shipped)
        for spike in self.borrow.spikes:
            check_either(universe, where, spike.names)

    def rates_bps(self, market: Market) -> dict[str, Floats]:
        """(N,) basis points of the traded value of each ticker of `market`, by table, of those that state them."""
        tables = {name: getattr(self, name) for name in TABLES}
        return {name: table.rates_bps(market) for name, table in tables.items() if hasattr(table, "rates_bps")}

    @takes(universe=UNIVERSE_VALUE)
    def notes(self, universe: Universe) -> tuple[str, ...]:
        """What a reader must know of where the numbers come from in a universe, a line each.

        Raises ParameterError for what is no `universe`.
        """
        where = f"costs {self.name}"
        lines = (f"{where}: as in the default costs: {', '.join(self.inherited)}",) if self.inherited else ()
        instead = f"{self.half_spread.default_bps:g} + {self.slippage.default_bps:g} bps of spread and slippage and a "
        instead += f"borrow fee of {self.borrow.default_annual:.2%} stand in for them, unless a name has its own"
        return (*lines, *passed_over_note(universe, where, self.shipped, instead))


TABLES = tuple(name for name in Costs.model_fields if name not in ("name", "inherited", "shipped"))


@takes(name_or_path=COSTS)
def load_costs(name_or_path: str | Path | Costs = "default") -> Costs:
    """The costs called `default` or `none`, or those of a user's TOML file.

    name_or_path: one of these, a path, or a Costs, which is given back. Raises CostsError for any other.
    What a file leaves out stands as in the default costs, unless it says base = "none": whole tables, and in a table
    its other keys. A table that gives its own default has no numbers by bucket but its own.
    """
    if isinstance(name_or_path, Costs):
        return name_or_path
    if str(name_or_path) == "none":
        return Costs()
    shipped = {"default": DEFAULT_COSTS, "none": DEFAULT_COSTS}
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
    rest = {k: v for k, v in default.items() if k not in given and k != "reason"}
    if common in given:
        rest.pop(by_bucket, None)
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
