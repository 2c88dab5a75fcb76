"""The tables of one file as strategies, some of which are parts of others by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hedgebook.errors import InputError, ParameterError, did_you_mean, together

from ..strategy.strategy import Strategy
from .kinds import EVENT_TRADE, kind_named


class _ToldElsewhereError(Exception):
    """A part that cannot be built, for reasons that are told where its own table stands."""


@dataclass
class TradeFile:
    """The tables of a file by name, and what is known of them so far.

    find: looks up a part that is no table of this file; misplaced: what is wrong with what is no table of a strategy.
    """

    path: Path
    tables: Mapping[str, Any]
    find: Callable[[str], Strategy]
    catalogue: Callable[[], list[str]]
    misplaced: Mapping[str, InputError] = field(default_factory=dict)
    built: dict[str, Strategy] = field(default_factory=dict)
    wrong: dict[str, list[InputError]] = field(default_factory=dict)

    def all(self) -> dict[str, Strategy]:
        """Every strategy of the file by name. Raises ParameterError with everything that is wrong in it."""
        found, problems = self.sound()
        if problems:
            raise together(list(problems))
        return found

    def sound(self) -> tuple[dict[str, Strategy], tuple[InputError, ...]]:
        """The strategies of the file that can be used, by name, and what is wrong with the others."""
        for name in self.tables:
            self._build(name, ())
        problems = [one for name in self.tables for one in self.wrong.get(name, [])]
        return {name: self.built[name] for name in self.tables if name in self.built}, tuple(problems)

    def one(self, name: str) -> Strategy:
        """One strategy of the file, whatever is wrong with others that are no part of it.

        Raises ParameterError with everything that is wrong with it and its parts.
        """
        self._build(name, ())
        if name not in self.built:
            raise together([one for table in self.tables for one in self.wrong.get(table, [])])
        return self.built[name]

    def _build(self, name: str, way: tuple[str, ...]) -> None:
        """Build a table and those that it names; way: the tables that led here."""
        if name in self.built or name in self.wrong:
            return
        if name in self.misplaced:
            self.wrong[name] = [self.misplaced[name]]
            return
        try:
            self.built[name] = build_strategy({"name": name, **self._with_parts(self.tables[name], (*way, name))})
        except _ToldElsewhereError:
            self.wrong.setdefault(name, [])
        except InputError as problem:
            where = f"{self.path.name}: {name}"
            self.wrong[name] = [_in_file(one, where) for one in (problem, *problem.also)]

    def _with_parts(self, values: Mapping[str, Any], way: tuple[str, ...]) -> dict[str, Any]:
        """The parameters of a table with strategies in place of their names and tables."""
        out, problems, elsewhere = dict(values), list[InputError](), False
        for key in strategy_fields(values):
            given = values.get(key)
            several = given.split(",") if isinstance(given, str) and "," in given else given
            found = []
            for i, one in enumerate(several if isinstance(several, list) else [several]):
                try:
                    found.append(self._part(one, way))
                except InputError as problem:
                    where = f"{key}[{i}]" if isinstance(several, list) else key
                    problems += [_in_file(told, where) for told in (problem, *problem.also)]
                except _ToldElsewhereError:
                    elsewhere = True
            if key in values and not problems and not elsewhere:
                out[key] = found if isinstance(several, list) else found[0]
        if problems:
            raise together(problems)
        if elsewhere:
            raise _ToldElsewhereError
        return out

    def _part(self, given: Any, way: tuple[str, ...]) -> Any:
        """One part: a table of its own, or a name of this file, of the catalogue or of another file."""
        if isinstance(given, dict):
            named = {"name": given.get("kind", EVENT_TRADE), **given}
            return build_strategy(self._with_parts(named, way))
        return self._named(given.strip(), way) if isinstance(given, str) else given

    def _named(self, name: str, way: tuple[str, ...]) -> Strategy:
        if name in way:
            loop = " -> ".join((*way[way.index(name) :], name))
            what = "a strategy cannot be a part of itself"
            raise ParameterError(what, value=loop, remedy="Name other parts, or write one of them out as a table.")
        if name in self.tables:
            self._build(name, way)
            if name not in self.built:
                raise _ToldElsewhereError
            return self.built[name]
        if ".toml" in name:
            return self.find(name)
        known = [*self.tables, *self.catalogue()]
        if name not in known:
            what = f"there is no strategy {name!r} in this file or the catalogue"
            raise ParameterError(what, remedy=did_you_mean(name, known))
        return self.find(name)


def strategy_fields(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Which keys of a table are strategies themselves; none of a table whose kind does not exist."""
    kind = values.get("kind", EVENT_TRADE)
    try:
        return kind_named(kind).fields_of_strategies() if isinstance(kind, str) else ()
    except ParameterError:  # told when the strategy is built
        return ()


def build_strategy(values: Mapping[str, Any]) -> Strategy:
    """A strategy from its kind (default: an event trade) and parameters by name. Raises ParameterError."""
    kind = values.get("kind", EVENT_TRADE)
    if not isinstance(kind, str):
        raise ParameterError("the kind of a strategy is a name", where="kind", value=kind)
    given = {name: value for name, value in values.items() if name != "kind"}
    return kind_named(kind).model_validate(given if "title" in given else {**given, "title": _titled(values, kind)})


def _titled(values: Mapping[str, Any], kind: str) -> str:
    """What a strategy without a title is called: by its own name and its kind."""
    name = values.get("name")
    return f"{name} ({kind})" if isinstance(name, str) and name != kind else kind


def _in_file(problem: InputError, where: str) -> ParameterError:
    place = f"{where}.{problem.where}" if problem.where else where
    return ParameterError(problem.what, where=place, value=problem.value, bound=problem.bound, remedy=problem.remedy)
