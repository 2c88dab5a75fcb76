"""Quotes of options of several names: one file, or a folder of one file a name."""

from __future__ import annotations

from pathlib import Path

from hedgebook.errors import ParameterError

from ..raw_file import is_folder
from .chain import Chain
from .read import read_chain

ENDINGS = (".csv", ".csv.gz", ".parquet")


def read_chains(chain: str | Path | None) -> tuple[Chain, ...]:
    """The chains of a file or a folder, none for None. Raises an InputError for those that cannot be read."""
    return () if chain is None else tuple(read_chain(path) for path in _files(Path(chain)))


def chain_name(chain: str | Path | None) -> str | None:
    """What a file or a folder of quotes is called, wherever it lies; None for None."""
    return None if chain is None else Path(chain).absolute().name


def _files(path: Path) -> list[Path]:
    """The file itself, or those of a folder. Raises ParameterError for a folder without any."""
    if not is_folder(path):
        return [path]
    found = sorted(one for one in path.iterdir() if one.name.endswith(ENDINGS))
    if not found:
        raise ParameterError("the folder holds no chain", where="chain", value=str(path), bound=", ".join(ENDINGS))
    return found
