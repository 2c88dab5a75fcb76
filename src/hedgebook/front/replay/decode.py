"""Arguments of a call read back from a manifest. Nothing but values of hedgebook's own is made from its text."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from hedgebook.errors import HedgebookError, ParameterError, RunFolderError, did_you_mean
from hedgebook.universes.fingerprint import NAMED

from .call import DOORS, door, loaded_run, named_arguments, options_of_sweep
from .encode import FILES, IS
from .prices import market_of

UNTOLD = "Give it by name: hb.load_run(folder).replay({name}=...)."
SIMPLE = {
    "number": lambda told: float(told["value"]),
    "path": lambda told: Path(told["value"]),
    "day": lambda told: np.datetime64(told["value"]),
    "date": lambda told: date.fromisoformat(told["value"]),
    "moment": lambda told: datetime.fromisoformat(told["value"]),
    "range": lambda told: range(*told["values"]),
}


@dataclass
class Reader:
    """Reads what a manifest holds.

    where: the manifest's folder, for messages; scratch: a folder for files that are not where they were; recorded:
    take everything but prices from the manifest, whatever stands on disk now; market: in place of all recorded ones;
    instead: path and universe that prices are read from; given: arguments in place of recorded ones;
    notes: what was taken from the manifest although a file was named.
    """

    where: str
    scratch: Path
    recorded: bool = False
    market: Any = None
    instead: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def read(self, told: Any, name: str = "") -> Any:
        """The argument that JSON stands for. Raises RunFolderError for what cannot be had again."""
        if isinstance(told, list):
            return [self.read(part, name) for part in told]
        if not isinstance(told, dict):
            return told
        if IS not in told:
            return {key: self.read(part, key) for key, part in told.items()}
        kind, _, rest = str(told[IS]).partition(" ")
        if kind in SIMPLE:
            return SIMPLE[kind](told)
        if kind == "object":
            return self._object(rest, told)
        if kind == "one":
            return own_class(rest.removeprefix("of "), self.where)(self.read(told["value"]))
        method = getattr(self, f"_{kind}", None)
        if method is None:
            raise RunFolderError("manifest.json holds a kind that is not known", where=self.where, value=kind)
        return method(told, name)

    def arguments(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments by name, with those that were given in place of recorded ones."""
        return {
            name: self.given[name] if name in self.given else self.read(value, name) for name, value in told.items()
        }

    def call(self, told: Mapping[str, Any], *, inner: bool = False) -> Any:
        """What a call gives now; inner: it is an argument of another one. Raises what it raises."""
        name = str(told.get("door"))
        if name not in DOORS:
            raise RunFolderError("manifest.json names a function that is not known", where=self.where, value=name)
        function = door(name)
        arguments = self.arguments(told["arguments"])
        left = {} if inner else {key: value for key, value in self.given.items() if key not in told["arguments"]}
        return function(**_with_options(name, named_arguments(function, arguments), left))

    def _prices(self, told: Mapping[str, Any], name: str) -> Any:
        del name
        if self.market is not None:
            return self.market
        return market_of(told, self.read, self.where, self.instead)

    def _made(self, told: Mapping[str, Any], name: str) -> Any:
        del name
        return self.call(told, inner=True)

    def _unknown(self, told: Mapping[str, Any], name: str) -> Any:
        what = f"{name or 'an argument'} was a {told.get('type')}, which cannot be written down"
        raise RunFolderError(what, where=self.where, remedy=UNTOLD.format(name=name or "name"))

    def _tuple(self, told: Mapping[str, Any], name: str) -> Any:
        return tuple(self.read(part, name) for part in told["values"])

    def _set(self, told: Mapping[str, Any], name: str) -> Any:
        return {self.read(part, name) for part in told["values"]}

    def _pairs(self, told: Mapping[str, Any], name: str) -> Any:
        return {self.read(key): self.read(part, name) for key, part in told["values"]}

    def _array(self, told: Mapping[str, Any], name: str) -> Any:
        if told["dtype"] == "object":
            values = self.read(told["values"])
            found = np.empty(len(values), dtype=object)
            found[:] = values
            return found.reshape(told["shape"])
        if "base64" not in told:
            what = f"{name or 'a table'} is too large to stand in manifest.json"
            raise RunFolderError(what, where=self.where, remedy=UNTOLD.format(name=name or "name"))
        kind = told["dtype"]
        dtype = np.dtype([tuple(one) for one in kind] if isinstance(kind, list) else kind)
        return np.frombuffer(base64.b64decode(told["base64"]), dtype=dtype).reshape(told["shape"]).copy()

    def _table(self, told: Mapping[str, Any], name: str) -> Any:
        import pandas as pd

        columns = [self._array(one, name) for one in told["values"]]
        frame = pd.DataFrame(dict(enumerate(columns)), index=self._index(told["index"], name))
        frame.columns = self._index(told["columns"], name)
        return frame

    def _series(self, told: Mapping[str, Any], name: str) -> Any:
        import pandas as pd

        return pd.Series(self._array(told["values"], name), self._index(told["index"], name), name=told["name"])

    def _index(self, told: Mapping[str, Any], name: str) -> Any:
        import pandas as pd

        return pd.Index(self._array(told, name), name=told.get("name"))

    def _file(self, told: Mapping[str, Any], name: str) -> Any:
        path = Path(str(told[NAMED]))
        if path.is_file() and not self.recorded:
            return path
        if "text" not in told and "base64" not in told:
            raise RunFolderError(f"{path} is not there, and too large to stand in manifest.json", where=self.where)
        if not self.recorded:
            self.notes.append(f"{path} is not there: its content of then was taken from the manifest")
        copy = self.scratch / str(told["sha256"])[:16] / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        content = base64.b64decode(told["base64"]) if "base64" in told else str(told["text"]).encode()
        copy.write_bytes(content)
        return copy if name != "returns" else str(copy)

    def _folder(self, told: Mapping[str, Any], name: str) -> Any:
        path = Path(str(told[NAMED]))
        if not path.is_dir():
            what = f"the run folder {path} is not there"
            raise RunFolderError(what, where=self.where, remedy=UNTOLD.format(name=name or "name"))
        if told.get("loaded"):
            return loaded_run(path)
        return path

    def _named(self, told: Mapping[str, Any], name: str) -> Any:
        """Costs, an account or a library: by name or from the file it stood in; else as it was."""
        file = told.get("file")
        if name in FILES and not self.recorded and (file is None or Path(str(file[NAMED])).is_file()):
            return told[NAMED]
        if name in ("costs", "account"):
            if not self.recorded:
                self.notes.append(f"{told[NAMED]} is not there: its content of then was taken from the manifest")
            return self.read(told["value"], name)
        return self._file(file, name) if file is not None else told[NAMED]

    def _strategy(self, told: Mapping[str, Any], name: str) -> Any:
        del name
        from hedgebook.strategies.catalogue.find import find_strategy
        from hedgebook.strategies.strategy.load import names_file

        text, file = told.get(NAMED), told.get("file")
        there = file is None or Path(str(file[NAMED])).is_file()
        if text is not None and names_file(str(text)) and not self.recorded:
            self._code_there(str(text))
        if text is not None and not self.recorded and there:
            return find_strategy(str(text), self.read(told["set"]))
        code = told["class"] if isinstance(told["class"], dict) else told["value"].get("function")
        if text is not None and names_file(str(text)) and isinstance(code, dict):
            return find_strategy(self._code(code, ""), self.read(told["set"]))
        if text is not None and not self.recorded:
            self.notes.append(f"{text} is not there: the strategy of then was taken from the manifest")
        kind = told["class"]
        cls = self._code(kind, "strategy") if isinstance(kind, dict) else own_class(str(kind), self.where)
        return cls.model_validate({key: self.read(part) for key, part in told["value"].items()})

    def _code(self, told: Mapping[str, Any], name: str) -> Any:
        from hedgebook.strategies.strategy.load import load_strategy, made_from

        text = told.get(NAMED)
        if text is None:
            raise RunFolderError(
                "the strategy is code of a script, which cannot be called by itself",
                where=self.where,
                remedy="Put it in a file of its own and name it, as in FILE.py:NAME. "
                + UNTOLD.format(name=name or "strategy"),
            )
        path, _, thing = str(text).rpartition(":")
        if self.recorded:
            path = str(self._recorded_code(told, Path(path)))
        else:
            self._code_there(str(text))
        found = load_strategy(f"{path}:{thing}")
        return made_from(found(), found) if told.get("instance") and isinstance(found, type) else found

    def _code_there(self, text: str) -> None:
        path = text if text.endswith(".py") else text.rpartition(":")[0]
        if not Path(path).is_file():
            remedy = "Put it back; or --recorded runs the code that stands in manifest.json."
            raise RunFolderError(f"{path} is not there", where=self.where, remedy=remedy)

    def _recorded_code(self, told: Mapping[str, Any], main: Path) -> Path:
        """The files of code as they were, beside one another as they were, in the scratch folder."""
        files = [one for one in told["files"].values() if "text" in one]
        places = [Path(str(one[NAMED])) for one in files]
        root = self.scratch / "code"
        shared = Path(*_shared(place.parent for place in (*places, main)))
        for one, place in zip(files, places, strict=True):
            copy = root / place.relative_to(shared)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(str(one["text"]), encoding="utf-8")
        return root / main.relative_to(shared)

    def _object(self, text: str, told: Mapping[str, Any]) -> Any:
        kind = own_class(text, self.where)
        held = {key: self.read(part, key) for key, part in told.items() if key != IS}
        return kind.model_validate(held) if issubclass(kind, BaseModel) else kind(**held)


def _with_options(name: str, arguments: dict[str, Any], left: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name, with what is given of a function's options. Raises ParameterError for what it has not."""
    if not left:
        return arguments
    if name == "risk":
        return {**arguments, **left}  # which refuses what it has not
    options = arguments.get("options")
    if name == "sweep" and options is None:
        options = options_of_sweep()
    known = [part.name for part in fields(options)] if is_dataclass(options) else []
    for key in left:
        if key not in known:
            what = f"{name} has no argument of this name"
            raise ParameterError(what, where="replay", value=key, remedy=did_you_mean(key, [*arguments, *known]))
    return {**arguments, "options": replace(options, **left)}  # type: ignore[type-var]


def own_class(text: str, where: str) -> Any:
    """A class of hedgebook's own by module and name. Raises RunFolderError for anything else."""
    module, _, name = text.partition(":")
    try:
        if module.partition(".")[0] != "hedgebook":
            raise ValueError("it is not hedgebook's")
        found = getattr(import_module(module), name)
        if not isinstance(found, type):
            raise ValueError("it is no class")
    except HedgebookError:
        raise
    except (ImportError, AttributeError, ValueError) as problem:
        what = f"manifest.json names a value that this version cannot make: {problem}"
        raise RunFolderError(what, where=where, value=text) from None
    return found


def _shared(folders: Any) -> tuple[str, ...]:
    """The parts that all folders begin with."""
    parts = [folder.parts for folder in folders]
    first = min(parts, key=len)
    count = next((i for i, part in enumerate(first) if any(one[i] != part for one in parts)), len(first))
    return first[:count]
