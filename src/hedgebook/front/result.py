"""What every result of a front function can do: give its figures, write its report, save its folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from hedgebook.universes.checks import FLAG, PATH, takes

if TYPE_CHECKING:
    import pandas as pd


R = TypeVar("R")


class Writers(NamedTuple):
    """The functions of a report's room that write a result: its figures, its report into a file, its folder."""

    to_dict: Callable[..., dict[str, Any]]
    report: Callable[..., Path]
    save: Callable[..., Path]


def of_kind(kind: Callable[..., R], done: Any, **more: Any) -> R:
    """What a function of strategies or the engine has made, as a result with everything that can be asked of it."""
    return kind(**{field.name: getattr(done, field.name) for field in fields(done)}, **more)


class Figures(ABC):
    """A result that can be read as one dictionary and as one series."""

    # Where the name of the summary stands in `to_dict`.
    _label: ClassVar[tuple[str, ...]] = ("trade",)
    # Tables of `to_dict` whose values are headline figures.
    _tables: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Everything that the JSON of this result holds: fractions and USD unrounded, None where undefined."""

    @property
    def summary(self) -> pd.Series[Any]:
        """The headline figures by name: fractions, USD and dates, unrounded, None where undefined.

        These are the values of `to_dict` that are neither a table nor a list, and the headline figures within those.
        """
        import pandas as pd

        values = self.to_dict()
        headline = {**values, **self._headline(values)}
        plain = {name: value for name, value in headline.items() if not isinstance(value, dict | list)}
        label: Any = values
        for key in self._label:
            label = label[key]
        return pd.Series(plain, name=label, dtype=object)

    def _headline(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """The headline figures that stand within values of `to_dict`."""
        return {name: value for table in self._tables for name, value in values[table].items()}


class Result(Figures):
    """A result that can be written down as well."""

    @abstractmethod
    def _writers(self) -> Writers:
        """What writes this result, imported when it is asked for."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that the JSON file of `save` holds: fractions and USD unrounded, None where undefined."""
        return self._writers().to_dict(self)

    @takes(path=PATH)
    def report(self, path: str | Path) -> Path:
        """Write the report, one self-contained HTML file, to `path`, which is returned.

        Raises RunFolderError where it cannot be written.
        """
        return self._writers().report(self, Path(path))

    @takes(folder=PATH, overwrite=FLAG)
    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a `folder` with figures, tables and report, all of it or nothing, and return it.

        Raises RunFolderError for a folder that is not empty, unless `overwrite` and it holds a result of this kind.
        """
        return self._writers().save(self, Path(folder), overwrite=overwrite)
