"""Sweeping a user's own Python strategy: any function of a market and parameters that gives back a schedule."""

from __future__ import annotations

import hashlib
import inspect
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hedgebook.engine.arrays import Ints
from hedgebook.engine.backtest.schedules import Schedules
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rules import RULE_PARAMETERS
from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.engine.sweep.space.column import ChunkSets
from hedgebook.errors import HedgebookError, InputError, ParameterError, StrategyError, did_you_mean
from hedgebook.universes.counted import counted
from hedgebook.universes.fingerprint import NAMED, of_code, of_value
from hedgebook.universes.market import Market

from ..strategy.given import plan_of
from ..strategy.load import guarded, load_strategy, loaded_from, named_in_file, packed_by_file, told
from ..strategy.plan import Plan
from ..strategy.signature import Signature
from ..strategy.span import Span
from .combinations import Combinations, CombinationTable
from .function_plans import OneOfMany, Pieces, batch_of, each_of, orders_of
from .levels import SetProblem, trade_level, typed_levels
from .plan_memory import PlanMemory, Planned
from .strategy_function import StrategyFunction
from .verdicts import Verdicts

# What a run takes besides its schedule, for a function that does not take a parameter of the name itself.
SPAN = ("start", "until")
RUN_PARAMETERS = (*RULE_PARAMETERS, "capital", *SPAN)
LEG_STOPS = ("long_stop", "short_stop")
CAPITAL_USD = 1_000_000.0
PlanMany = Callable[[Market, Sequence[Mapping[str, Any]]], Any]


@dataclass(frozen=True, eq=False)
class FunctionSweep:
    """A user's own strategy: a function f(market, **parameters), or an object with such a method `schedule`.

    Parameters with the names of rules, capital (USD), start and until (the first and the last session, None = the
    strategy's own) belong to the run where the function does not take them itself. fixed: values of parameters that do
    not vary; legs: "long" or "short" by ticker, which stops of a leg need; plan_many: plans many sets at once, from the
    market and a list of their parameters, in the place of the function. What the strategy has as its attributes
    `capital`, `until`, `legs` and `plan_many` holds where nothing else is given.
    """

    strategy: Any
    name: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    legs: Mapping[str, str] = field(default_factory=dict)
    plan_many: PlanMany | None = None
    signature: Signature = field(init=False, repr=False)
    # A user's function may take its time: small chunks show progress and lose little when a sweep is stopped.
    chunk_sets: ClassVar[int] = 256
    # Its plans are dear: they are not made once to find the sessions that they are on and once more to run.
    plans_once: ClassVar[bool] = True
    _pieces: Pieces = field(default_factory=Pieces, init=False, repr=False)
    _memory: PlanMemory = field(default_factory=PlanMemory, init=False, repr=False)

    def __post_init__(self) -> None:
        function = getattr(self.strategy, "schedule", None) or self.strategy
        name = self.name or str(getattr(self.strategy, "name", "") or _called(self.strategy))
        if not callable(function):
            raise ParameterError("this is no strategy, because it cannot be called", where=name)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "legs", dict(self.legs or getattr(self.strategy, "legs", None) or {}))
        object.__setattr__(self, "plan_many", self.plan_many or getattr(self.strategy, "plan_many", None))
        signature = getattr(self.strategy, "signature", None)
        signature = signature if isinstance(signature, Signature) else Signature.of(function, name)
        object.__setattr__(self, "signature", signature)
        object.__setattr__(self, "fixed", {key: self.typed(key, (value,))[0] for key, value in self.fixed.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        # What checks the parameters is made again where the copy is made.
        return FunctionSweep, (self.strategy, self.name, dict(self.fixed), dict(self.legs), self.plan_many)

    def packed(self) -> PackedFunction:
        """What another process of this machine makes the same of, by the name of the function where it is of a file."""
        # The copy finds what is the strategy's own; of a StrategyFunction that is another closure at each look.
        own = isinstance(self.strategy, StrategyFunction) or getattr(self.strategy, "plan_many", None) == self.plan_many
        many = None if own else self.plan_many
        strategy: Any = named_in_file(self.strategy)
        if strategy is None:
            try:
                strategy = packed_by_file(self.strategy)
            except Exception:  # what cannot travel is told where the whole job is packed
                strategy = self.strategy
        return PackedFunction(strategy, self.name, dict(self.fixed), dict(self.legs), many)

    def parameters(self) -> tuple[str, ...]:
        """Every name that can vary, but for those that a function with **parameters takes besides."""
        own = self.signature.names
        return own if self.signature.open else (*own, *(name for name in RUN_PARAMETERS if name not in own))

    def typed(self, name: str, values: Sequence[Any]) -> tuple[Any, ...]:
        """The levels of one parameter, by the function's annotations or the types of the rules.

        Raises ParameterError, naming the parameter, for a name that nothing takes and for a level that is wrong.
        """
        self._check(name)
        if self.signature.takes(name):
            return tuple(self.signature.level(name, value) for value in values)
        if name in SPAN:
            return tuple(_day(name, value) for value in values)
        return typed_levels(name, values)

    def batches(self, market: Market, sets: ChunkSets) -> Iterator[Batch]:
        """The sets in batches one after another, none of which takes much memory. Raises as `batch` does."""
        for piece in self._pieces.cut(market, sets):
            found = self.batch(market, piece)
            self._pieces.took(found)
            yield found

    def batch(self, market: Market, sets: ChunkSets) -> Batch:
        """The sets as a batch; the function is called once for each combination of its own parameters.

        Whatever a call fails with is a problem of its sets, which stay in the table with the reason: an error of the
        function, no schedule, or a fill at or before its decision. Raises ParameterError for parameters that nothing
        takes or that lack a value.
        """
        for name in sets.columns:
            self._check(name)
        if missing := self.signature.missing((*sets.columns, *self.fixed)):
            raise ParameterError(
                f"{missing[0]} has no value", where=self.name, remedy=f"Vary it, or set it as in {missing[0]}=..."
            )
        table = CombinationTable.of(sets, self._level, self._base())
        own = [name for name in (*sets.columns, *self.fixed) if self.signature.takes(name)]
        verdicts = Verdicts(table.size)
        verdicts.levels(table, sets.columns)
        names = tuple(dict.fromkeys(own))
        ends = tuple(name for name in SPAN if name not in names)
        # Sets that differ in their run alone have a plan together; who asks about one set looks before the sweep runs.
        again = len(sets) == 1 or any(not self.signature.takes(name) for name in sets.columns)
        asked = table.combinations((*names, *ends))

        def plan(several: Sequence[tuple[Any, ...]], _: Ints) -> Sequence[Planned | SetProblem]:
            return self._plans(market, names, several, ends, again)

        return self._assemble(market, table, verdicts, (asked, verdicts.all(asked, plan)))

    def describe(self) -> dict[str, Any]:
        """What is swept, JSON-ready: where the strategy stands, a hash over its file, and what does not vary."""
        code = _code_of(self.strategy)
        return {
            "strategy": "function",
            "name": self.name,
            "file": None if code is None else code.name,
            "file_sha256": None if code is None else hashlib.sha256(code.read_bytes()).hexdigest(),
            "defaults": {key: _plain(value) for key, value in self.signature.defaults.items()},
            "fixed": {key: _plain(value) for key, value in self.fixed.items()},
            "legs": dict(self.legs),
        }

    def fingerprint(self) -> dict[str, Any]:
        """What decides its schedules: its code and all that it stands on, and what does not vary."""
        code, own = _code_of(self.strategy), hasattr(self.strategy, "source")
        return {
            "strategy": "function",
            NAMED: None if code is None else code.name,
            "name": self.name,
            "code": of_code(_source(self.strategy), file=loaded_from(_source(self.strategy))),
            "values": {name: of_value(value) for name, value in getattr(self.strategy, "values", {}).items()},
            **({} if self.plan_many is None or own else {"plan_many": of_code(self.plan_many)}),
            "run": {name: of_value(value) for name, value in self._base().items()},
            "defaults": {key: of_value(value) for key, value in self.signature.defaults.items()},
            "fixed": {key: of_value(value) for key, value in self.fixed.items()},
            "legs": dict(self.legs),
        }

    def _check(self, name: str) -> None:
        if not self.signature.takes(name) and name not in RUN_PARAMETERS:
            raise ParameterError(
                f"{self.name} has no parameter {name!r}", where=name, remedy=did_you_mean(name, self.parameters())
            )
        # What is planned by a class may say it with its plan.
        silent = not self.legs and not hasattr(self.strategy, "source")
        if name in LEG_STOPS and not self.signature.takes(name) and silent:
            raise ParameterError(
                f"{self.name} does not say which tickers are long and which short, so no leg can be stopped",
                where=name,
                remedy="Give it an attribute legs, as in strategy.legs = {'META': 'long', 'CRWV': 'short'}.",
            )

    def _level(self, name: str, value: Any) -> Any:
        """A level of a column as the function or the run takes it, or a SetProblem."""
        if self.signature.takes(name):
            try:
                return self.signature.level(name, value)
            except ParameterError as problem:
                return SetProblem(str(problem))
        return value if name in SPAN else trade_level(name, value)

    def _base(self) -> dict[str, Any]:
        own = getattr(self.strategy, "rules", None)
        rules = own if isinstance(own, Rules) else Rules()
        until = getattr(self.strategy, "until", None)
        base = {name: getattr(rules, name) for name in RULE_PARAMETERS}
        base |= {"capital": self._own_capital(), "start": None, "until": _day("until", until)}
        return base | {name: self._level(name, value) for name, value in self.fixed.items()}

    def _plans(
        self, market: Market, names: tuple[str, ...], several: Sequence[tuple[Any, ...]], ends: tuple[str, ...],
        again: bool,
    ) -> list[Planned | SetProblem]:  # fmt: skip
        """Plans by values of the function's own parameters, and after them those of `ends`, which are of SPAN.

        again: whether other sets may have the same.
        """
        found: dict[int, Planned | SetProblem] = {}
        asked: dict[tuple[Any, ...], list[int]] = {}
        for k, values in enumerate(several):
            known = self._memory.recall(market, (names, values))
            if known is not None:
                found[k] = known
            else:
                asked.setdefault(values[: len(names)], []).append(k)
        givens = [dict(zip(names, own, strict=True)) for own in asked]
        for made, places in zip(self._made(market, givens), asked.values(), strict=True):
            for k in places:
                span = Span(**dict(zip(ends, several[k][len(names) :], strict=True)))
                found[k] = made if isinstance(made, SetProblem) else orders_of(market, made, span, self.legs)
                if not isinstance(made, OneOfMany):
                    self._memory.keep(market, (names, several[k]), found[k], again=again)
        return [found[k] for k in range(len(several))]

    def _made(self, market: Market, givens: list[dict[str, Any]]) -> Iterator[Plan | OneOfMany | SetProblem]:
        """What the function gives for each of some sets, one after another."""
        if self.plan_many is not None and givens:
            yield from self._many(market, givens)
            return
        for given in givens:
            try:
                yield self._call(market, given)
            except InputError as problem:
                yield SetProblem(str(problem))

    def _many(self, market: Market, givens: list[dict[str, Any]]) -> Iterator[Plan | OneOfMany | SetProblem]:
        """What plan_many gives; what it fails with is a problem of all the sets that it was asked about."""
        where, many = f"plan_many of {self.name}, {counted(len(givens), 'set')}", self.plan_many
        assert many is not None
        try:
            found = guarded(lambda: many(market, [self._full(given) for given in givens]), where, self._file)
            if not isinstance(found, Schedules | Sequence):
                kind, bound = type(found).__name__, "Schedules, or a list with a Schedule for each set"
                raise StrategyError("this gives back no schedules", where=where, value=kind, bound=bound)
            listed = found
            if len(listed) != len(givens):
                raise StrategyError("this plans another number of sets", where=where, value=len(listed))
        except InputError as problem:
            yield from [SetProblem(str(problem))] * len(givens)
            return
        if isinstance(listed, Schedules):
            yield from each_of(market, listed)
            return
        for given, one in zip(givens, listed, strict=True):
            yield self._one(market, given, one)

    def _one(self, market: Market, given: dict[str, Any], found: Any) -> Plan | SetProblem:
        """What plan_many says of one set: a plan, an error that says why there is none, or None."""
        if isinstance(found, HedgebookError) and not isinstance(found, InputError):
            raise found
        if isinstance(found, InputError):
            return SetProblem(str(found))
        if isinstance(found, Exception):
            return SetProblem(str(StrategyError(told(found), where=self._set(given))))
        if found is None:
            return SetProblem(str(StrategyError("this set has no schedule", where=self._set(given))))
        try:
            return plan_of(found, market, self._set(given), self.legs)
        except InputError as problem:
            return SetProblem(str(problem))

    def _full(self, given: dict[str, Any]) -> dict[str, Any]:
        """A set with the defaults of what it does not name, so that plan_many need not repeat them."""
        return {**self.signature.defaults, **given}

    def _file(self) -> Path | None:
        return _code_of(self.strategy)

    def _call(self, market: Market, given: dict[str, Any]) -> Plan:
        values = {name: self.signature.called_with(name, value) for name, value in given.items()}
        found = guarded(lambda: self.signature.function(market, **values), self._set(given), self._file)
        return plan_of(found, market, self._set(given), self.legs)

    def _set(self, given: Mapping[str, Any]) -> str:
        """The strategy and one of its sets, as in mine(window=5)."""
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in given.items())})"

    def _assemble(
        self,
        market: Market,
        table: CombinationTable,
        verdicts: Verdicts,
        planned: tuple[Combinations, dict[int, Planned]],
    ) -> Batch:
        taken = tuple(name for name in RULE_PARAMETERS if not self.signature.takes(name))
        return batch_of(table, planned, verdicts, taken, self._capital(table), len(market.tickers))

    def _capital(self, table: CombinationTable) -> Any:
        if self.signature.takes("capital"):
            return np.full(table.size, float(self._own_capital()))
        return table.numbers("capital")

    def _own_capital(self) -> Any:
        capital = getattr(self.strategy, "capital", None)
        return CAPITAL_USD if capital is None else capital


@dataclass(frozen=True)
class PackedFunction:
    """A FunctionSweep on its way to another process; strategy: pickled, or the file and name to load it by."""

    strategy: Any
    name: str
    fixed: dict[str, Any]
    legs: dict[str, str]
    plan_many: Any

    def unpacked(self) -> FunctionSweep:
        """The sweep. Raises as loading the file does."""
        strategy = self.strategy
        if isinstance(strategy, str):
            strategy = load_strategy(strategy)
        elif isinstance(strategy, bytes):
            strategy = pickle.loads(strategy)
        if isinstance(strategy, type):
            strategy = strategy()
        return FunctionSweep(strategy, self.name, self.fixed, self.legs, self.plan_many)


def _called(strategy: Any) -> str:
    found: str = getattr(strategy, "__name__", None) or type(strategy).__name__
    return found


def _source(strategy: Any) -> Any:
    """What a strategy's own code is: of one that is called by way of a function, its class."""
    return getattr(strategy, "source", strategy)


def _code_of(strategy: Any) -> Path | None:
    """The file that a strategy was written in, where there is one."""
    if isinstance(source := _source(strategy), type):
        return loaded_from(source) or _file_of(source)
    function: Callable[..., Any] = getattr(strategy, "schedule", None) or strategy
    routine = inspect.unwrap(function) if inspect.isroutine(function) else type(function).__call__
    code = getattr(getattr(routine, "__func__", routine), "__code__", None)
    path = None if code is None else Path(code.co_filename)
    return path if path is not None and path.is_file() else None


def _file_of(kind: type) -> Path | None:
    try:
        path = Path(inspect.getfile(kind))
    except (TypeError, OSError):
        return None
    return path if path.is_file() else None


def _day(name: str, value: Any) -> str | None:
    """A day as a column holds it. Raises ParameterError for anything else."""
    if value is None:
        return None
    try:
        return str(np.datetime64(value, "D"))
    except (TypeError, ValueError):
        raise ParameterError("this is no day", where=name, value=str(value), bound="one as in 2026-07-31") from None


def _plain(value: Any) -> Any:
    """A value JSON-ready."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)
