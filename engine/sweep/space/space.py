"""The space of a sweep: its axes and the constraints between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from .axis import Axis
from .block import SetBlock
from .constraints import Constraint, FunctionConstraint, TextConstraint, constraint_from_description, constraint_of
from .parameter_sets import HOWS, ParameterSets
from .parse import axis_of, check_names
from .radix import Radix
from .sampling import check_sample, first_copies, sample
from .values import FLOAT, kind_of_all, plain_value

MOST_SETS = 2**53
MOST_SCANNED = 200_000_000
MOST_KEPT = 100_000_000
_SCAN = 2**18

Words = NDArray[np.int64]


@dataclass(frozen=True)
class Space:
    """Axes, each with another name, and constraints that every set must pass.

    The last axis changes fastest in a grid. Raises ParameterError for no axis, for a name given twice, and for a
    constraint that cannot be read, speaks of unknown parameters, or compares what cannot be compared.
    """

    axes: tuple[Axis, ...]
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "constraints", tuple(self.constraints))
        if not self.axes:
            raise ParameterError("there is no parameter to sweep", remedy="Give one, as in hold=1:60")
        check_names(self.axes)
        for constraint in self.constraints:
            if not isinstance(constraint, TextConstraint | FunctionConstraint):
                raise ParameterError(
                    "this is not a constraint", where="constraints", value=constraint, remedy="Use space_of"
                )
            constraint.check(self.by_name)

    @cached_property
    def by_name(self) -> dict[str, Axis]:
        """The axes by name."""
        return {axis.name: axis for axis in self.axes}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the axes, in order."""
        return tuple(self.by_name)

    @cached_property
    def discrete(self) -> dict[str, int]:
        """The discrete axes by name, and their places in the radix."""
        return {axis.name: place for place, axis in enumerate(axis for axis in self.axes if not axis.continuous)}

    @cached_property
    def continuous(self) -> dict[str, int]:
        """The continuous axes by name, and their columns among the points."""
        return {axis.name: place for place, axis in enumerate(axis for axis in self.axes if axis.continuous)}

    @cached_property
    def radix(self) -> Radix:
        """The numbering of choices on the discrete axes."""
        return Radix(tuple(len(self.by_name[name]) for name in self.discrete))

    def grid(self) -> ParameterSets:
        """Every combination of values that the constraints let pass.

        Without constraints nothing is listed, however many sets there are (at most 2^53); with constraints, one int64
        for each set that passes (at most 100 million, of at most 200 million combinations). Raises ParameterError for
        more, for a continuous axis, and when no set passes.
        """
        for name in self.continuous:
            raise ParameterError(
                "a range of fractions without a step has no grid",
                where=name,
                value=str(self.by_name[name]).partition("=")[2],
                remedy="Give a step, as in 0.5:2.0:0.5, or sample instead of gridding",
            )
        self.check_count()
        count = self.radix.count
        if not self.constraints:
            return ParameterSets(self, "grid", None, count)
        kept = self._scan(count)
        return ParameterSets(self, "grid", None, len(kept), refused=count - len(kept), words=kept)

    def check_count(self) -> None:
        """Raise ParameterError where a grid has more sets than `grid` takes, before any of its values is looked at."""
        count = self.radix.count
        most = MOST_SCANNED if self.constraints else MOST_SETS
        if count > most:
            raise ParameterError(
                "the grid has too many sets",
                value=f"{count:,}",
                bound=f"at most {most:,}{' combinations under constraints' if self.constraints else ''}",
                remedy="Give larger steps, or sample",
            )

    def random(self, n: int, seed: int) -> ParameterSets:
        """n sets drawn independently, each value of an axis as likely as any other; continuous axes uniform.

        Of equal sets the first is kept, and those that a constraint refuses are dropped: `duplicates` and `refused`
        count them, so that there may be fewer than n. Raises ParameterError when none is left.
        """
        return self._sampled("random", n, seed)

    def latin_hypercube(self, n: int, seed: int) -> ParameterSets:
        """n sets of a Latin hypercube (scipy.stats.qmc): each n-th part of every axis is drawn once; see `random`."""
        return self._sampled("lhs", n, seed)

    def sobol(self, n: int, seed: int) -> ParameterSets:
        """The first n sets of a scrambled Sobol sequence (scipy.stats.qmc); see `random`."""
        return self._sampled("sobol", n, seed)

    def sets(self, how: str, n: int | None = None, seed: int | None = None) -> ParameterSets:
        """The grid, or n sets drawn: how is grid, random, lhs or sobol. Raises ParameterError."""
        if how == "grid":
            if n is not None:
                raise ParameterError("a grid has all of its sets", where="n", value=n, remedy="Leave n out, or sample")
            return self.grid()
        if how not in HOWS[1:4]:
            raise ParameterError("sets cannot be made so", where="how", value=how, bound=", ".join(HOWS[:4]))
        return self._sampled(how, n, 0 if seed is None else seed)

    def retyped(self, typed: Callable[[str, tuple[Any, ...]], Sequence[Any]]) -> Space:
        """The same space with the values that `typed(name, values)` makes of them, such as 5 of 5.0.

        A continuous axis stays one; its bounds are tried. Raises ParameterError when a bound becomes a whole number,
        since no fraction between is a value then, and whatever `typed` raises.
        """
        return Space(tuple(_retyped(axis, typed) for axis in self.axes), self.constraints)

    def keep(self, words: Words, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n,) which sets pass every constraint; only the axes that one speaks of are decoded."""
        passing = np.ones(len(words), dtype=np.bool_)
        for constraint in self.constraints:
            left = np.flatnonzero(passing)
            block = self.block(words[left], points[left], constraint.uses(self.by_name))
            passing[left] = constraint.passes(block)
        return passing

    def block(self, words: Words, points: NDArray[np.float64], names: Iterable[str] | None = None) -> SetBlock:
        """The sets of (n, W) words and (n, C) points, over some axes or all of them."""
        wanted = self.names if names is None else tuple(names)
        codes = {name: self.radix.code(words, self.discrete[name]) for name in wanted if name in self.discrete}
        drawn = {name: points[:, self.continuous[name]] for name in wanted if name in self.continuous}
        return SetBlock({name: self.by_name[name] for name in wanted}, codes, drawn, len(words))

    def describe(self) -> dict[str, Any]:
        """The space as JSON-ready values, from which `from_description` makes it again."""
        return {
            "axes": [axis.describe() for axis in self.axes],
            "constraints": [constraint.describe() for constraint in self.constraints],
        }

    @classmethod
    def from_description(
        cls, description: Mapping[str, Any], functions: Sequence[Callable[[dict[str, Any]], Any]] = ()
    ) -> Space:
        """The space that `describe` gave; constraints that are functions are found among `functions` by name.

        Raises ParameterError when a function is not there or its source has changed, and for what is no description.
        """
        if not isinstance(description, Mapping) or "axes" not in description:
            raise ParameterError("this is not the description of a space", where="space", value=description)
        axes = tuple(Axis.from_description(axis) for axis in description["axes"])
        found = (constraint_from_description(each, functions) for each in description.get("constraints", ()))
        return cls(axes, tuple(found))

    def _scan(self, count: int) -> Words:
        """(n, 1) numbers of the combinations that pass, found chunk by chunk."""
        found: list[Words] = []
        kept = 0
        for start in range(0, count, _SCAN):
            words = self.radix.range(start, min(start + _SCAN, count))
            passing = words[self.keep(words, np.empty((len(words), 0)))]
            kept += len(passing)
            if kept > MOST_KEPT:
                raise ParameterError(
                    "the constraints leave too many sets",
                    value=f"more than {MOST_KEPT:,}",
                    bound=f"at most {MOST_KEPT:,}",
                    remedy="Give larger steps, or sample",
                )
            found.append(passing)
        self._check_any(kept)
        return np.concatenate(found)

    def _sampled(self, how: str, n: int | None, seed: int) -> ParameterSets:
        drawn, seed = check_sample(n, seed)
        words, points = sample(self, how, drawn, seed)
        distinct = len(words)
        if self.constraints:
            passing = self.keep_all(words, points)
            words, points = words[passing], points[passing]
            self._check_any(len(words))
        return ParameterSets(
            self,
            how,
            seed,
            len(words),
            duplicates=drawn - distinct,
            refused=distinct - len(words),
            words=words,
            points=points,
        )

    def keep_all(self, words: Words, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`keep` for any number of sets, chunk by chunk."""
        stops = range(0, len(words), _SCAN)
        return np.concatenate([self.keep(words[a : a + _SCAN], points[a : a + _SCAN]) for a in stops])

    def _check_any(self, kept: int) -> None:
        if kept == 0:
            shown = "; ".join(str(next(iter(constraint.describe().values()))) for constraint in self.constraints)
            raise ParameterError("no set passes the constraints", where="constraints", value=shown)

    def __str__(self) -> str:
        return " ".join(str(axis) for axis in self.axes)


def space_of(
    axes: Mapping[str, Any] | Iterable[Axis],
    constraints: Iterable[Any] | str | Callable[[dict[str, Any]], Any] = (),
    *,
    fixed: Mapping[str, Any] | None = None,
) -> Space:
    """The space of values by name (see `axis_of`) or of axes, and of constraints as texts or functions.

    fixed: parameters that are not swept and that the text of a constraint may speak of. Raises ParameterError.
    """
    made = tuple(axis_of(*item) for item in axes.items()) if isinstance(axes, Mapping) else tuple(axes)
    names = [axis.name for axis in made]
    given = (constraints,) if isinstance(constraints, str) or callable(constraints) else tuple(constraints)
    return Space(made, tuple(constraint_of(each, names, fixed) for each in given))


def _retyped(axis: Axis, typed: Callable[[str, tuple[Any, ...]], Sequence[Any]]) -> Axis:
    if axis.values is not None:
        return Axis(axis.name, tuple(typed(axis.name, axis.values)))
    low, high = typed(axis.name, (axis.low, axis.high))
    if not (isinstance(low, float) and isinstance(high, float)):
        raise ParameterError(
            "this parameter takes no fractions",
            where=axis.name,
            value=str(axis).partition("=")[2],
            remedy="Give whole numbers, as in 1:60",
        )
    return Axis.between(axis.name, low, high)


def given_sets(rows: Sequence[Mapping[str, Any]]) -> ParameterSets:
    """Sets that are listed one by one, all with the same parameters; of equal ones the first is kept.

    The values of each axis are those that occur, in the order of their first occurrence. Raises ParameterError for
    no row, for rows with other parameters than the first, and for what no axis can hold.
    """
    if not rows:
        raise ParameterError("there are no sets", where="sets", bound="at least one")
    names = tuple(rows[0])
    for place, row in enumerate(rows):
        if set(row) != set(names):
            odd = sorted(set(row) ^ set(names))
            raise ParameterError("parameters differ from the first set's", where=f"set {place}", value=", ".join(odd))
    axes, codes = [], []
    for name in names:
        values = [plain_value(name, row[name]) for row in rows]
        if kind_of_all(name, values) == FLOAT:
            values = [None if value is None else float(value) for value in values]
        levels: dict[Any, int] = {}
        keys = [frozenset(value) if isinstance(value, tuple) else value for value in values]
        codes.append(np.array([levels.setdefault(key, len(levels)) for key in keys], dtype=np.int64))
        first = dict(zip(reversed(keys), reversed(values), strict=True))
        axes.append(Axis(name, tuple(first[key] for key in levels)))
    space = Space(tuple(axes))
    words = space.radix.encode(codes, len(rows))
    kept = first_copies(words, np.empty((len(rows), 0)))
    return ParameterSets(space, "given", None, len(kept), duplicates=len(rows) - len(kept), words=words[kept])
