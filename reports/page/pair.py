"""The folder of a result that is its figures as JSON and its report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .document import NO_COPIES, Copies
from .files import write_json
from .folder import save_folder

REPORT = "report.html"


def save_pair(
    folder: str | Path,
    name: str,
    values: Callable[[], Any],
    report: Callable[[Path], Path],
    *,
    overwrite: bool = False,
    also: Copies = NO_COPIES,
    more: Mapping[str, Callable[[Path], object] | None] = NO_COPIES,
) -> Path:
    """Write `values` as JSON to the file `name` and the report beside it, both or neither.

    overwrite, also: as in `save_folder`; more: further files that a result of this kind may have, by name, None for
    one that this has not. Raises RunFolderError as it does.
    """

    def write(target: Path) -> None:
        write_json(values(), target / name)
        report(target / REPORT)
        for file, write_file in more.items():
            if write_file is not None:
                write_file(target / file)

    return save_folder(folder, (name, REPORT, *more), write, overwrite=overwrite, also=also)
