"""Scenarios: what moves, how far, for how long, and on what ground each number stands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.refusal.problems import flaws, repeats
from hedgebook.universes.toml_file import find_file, flaw, read_toml, validate

SHIPPED = Path(__file__).parents[1] / "data" / "scenarios.toml"
Kind = Literal["factor", "index", "bucket", "ticker"]
Basis = Literal["fact", "assumption"]
Fraction = Annotated[float, Field(gt=-1.0, le=100.0, allow_inf_nan=False)]
EVERYTHING = "all"


class Move(BaseModel):
    """How one thing moves, close to close, as cumulative fractions of its starting price, one a step.

    kind: "factor" (names of the factor model; positions answer through their betas), "index" (a ticker: a position
    with beta b to it moves by (1 + path)^b - 1), "bucket" or "ticker" (moves as it stands). basis: "fact" needs a
    reason that says where it was found; the reason of an assumption says why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    of: str = Field(min_length=1)
    path: tuple[Fraction, ...] = Field(min_length=1, max_length=252)
    basis: Basis = "assumption"
    reason: str = ""

    @model_validator(mode="after")
    def _a_fact_has_a_source(self) -> Self:
        if self.basis == "fact" and not self.reason.strip():
            raise flaw(
                "a fact needs its source", at=("reason",), value=self.reason, remedy="Say where the number was found."
            )
        return self


class ShortTrouble(BaseModel):
    """What happens to lent shares. of: a bucket, a ticker or "all".

    borrow_annual: the fee that is paid in addition, a year, on the value at the start; buy_in: the fraction above
    the stressed price at which recalled shares are bought back, None = no recall.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str = Field(min_length=1)
    borrow_annual: Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)] = 0.0
    buy_in: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None
    basis: Basis = "assumption"
    reason: str = ""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.borrow_annual == 0.0 and self.buy_in is None:
            raise flaw(
                "nothing happens to these shorts", at=("borrow_annual",), value=0.0,
                remedy="Give borrow_annual or buy_in.",
            )  # fmt: skip
        return self


class VolatilityMove(BaseModel):
    """How the volatilities of options move. of: a bucket, a ticker or "all".

    points: added to each by the end of the path, in equal steps; 0.2 is 20 points. A book without options has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str = Field(min_length=1)
    points: Annotated[float, Field(ge=-5, le=5, allow_inf_nan=False)]
    basis: Basis = "assumption"
    reason: str = ""


Named = TypeVar("Named", ShortTrouble, VolatilityMove)


def narrowest(given: Sequence[Named], ticker: str, bucket: str | None) -> Named | None:
    """What is stated for a ticker: of itself, else of its bucket, else of all."""
    for name in (ticker, bucket, EVERYTHING):
        for one in given:
            if one.of == name:
                return one
    return None


class Scenario(BaseModel):
    """One answer to "what if".

    sessions: how long the path takes, its steps at equal distances; betas: "stress" takes the market betas of the
    worst sessions; others: factors that are not named stay ("zero") or move as they usually do with the named ones
    ("expected"). A ticker's own move comes before that of its bucket, that before an index, that before factors.
    volatility: how those of options move, which stand still otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    note: str = ""
    sessions: Annotated[int, Field(ge=1, le=2520)] = 1
    betas: Literal["normal", "stress"] = "normal"
    others: Literal["zero", "expected"] = "zero"
    moves: tuple[Move, ...] = ()
    shorts: tuple[ShortTrouble, ...] = ()
    volatility: tuple[VolatilityMove, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.moves and not self.shorts and not self.volatility:
            raise flaw("nothing happens in it", at=("moves",), value=None, remedy="Add moves, shorts or volatility.")
        lengths = {len(move.path) for move in self.moves}
        if len(lengths) > 1:
            raise flaw(
                "its paths differ in length", at=("moves",), value=", ".join(str(n) for n in sorted(lengths)),
                remedy="Give every move of a scenario the same number of steps.",
            )  # fmt: skip
        if lengths and max(lengths) > self.sessions:
            raise flaw(
                "its paths have more steps than it has sessions", at=("sessions",), value=self.sessions,
                remedy=f"Write sessions = {max(lengths)} or more.",
            )  # fmt: skip
        seen: set[tuple[str, str]] = set()
        for i, move in enumerate(self.moves):
            if (move.kind, move.of) in seen:
                raise flaw("this moves twice", at=("moves", i, "of"), value=move.of, remedy="Keep one of the two.")
            seen.add((move.kind, move.of))
        if sum(move.kind == "index" for move in self.moves) > 1:
            raise flaw("two indices move", at=("moves",), value=None, remedy="Keep one index a scenario.")
        return self

    @property
    def steps(self) -> int:
        """How many steps its path has."""
        return len(self.moves[0].path) if self.moves else 1


class ScenarioFile(BaseModel):
    """Scenarios of one file; every name stands once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenarios: tuple[Scenario, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        names = [scenario.name for scenario in self.scenarios]
        remedy = "Give each scenario a name of its own."
        if twice := repeats(names, lambda i: ("scenarios", i, "name"), what="this scenario", remedy=remedy):
            raise flaws(twice)
        return self

    def get(self, name: str) -> Scenario:
        """A scenario by name. Raises ParameterError with the closest one."""
        for scenario in self.scenarios:
            if scenario.name == name:
                return scenario
        raise ParameterError(
            f"there is no scenario {name!r}", remedy=did_you_mean(name, [s.name for s in self.scenarios])
        )


def load_scenarios(path: str | Path = "scenarios") -> ScenarioFile:
    """The shipped scenarios, or those of a user's TOML file. Raises ParameterError that names file, key and value."""
    found = find_file(path, {"scenarios": SHIPPED}, kind="scenario", error=ParameterError)
    return _shipped() if found == SHIPPED else _read(found)


def are_shipped(library: ScenarioFile) -> bool:
    """Whether scenarios are those that come with hedgebook, written for its own universe."""
    return library == _shipped()


@lru_cache(maxsize=1)
def _shipped() -> ScenarioFile:
    return _read(SHIPPED)


def _read(path: Path) -> ScenarioFile:
    return validate(ScenarioFile, read_toml(path, error=ParameterError), path=path, error=ParameterError)
