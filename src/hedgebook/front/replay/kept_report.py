"""A report read back from its folder: every document of it again, without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.errors import RunFolderError
from hedgebook.universes.checks import PATH, takes
from hedgebook.universes.raw_file import is_folder, read_bytes

from ..result import Documents

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.reports.page.document import Document
    from hedgebook.reports.workbook.sheets.returns import Track as Returns

NAV = "nav.parquet"
GIVE, AGAIN = "Give a folder that --out, or save in Python, has written.", "Make the result again with --overwrite."


class KeptReport(Documents):
    """The report of a folder: its page, PDF, workbook, figures and numbers, as they were when it was written."""

    def __init__(self, folder: Path, document: Document, values: dict[str, Any], more: Mapping[str, Any]) -> None:
        self.folder, self._said, self._values, self._more = folder, document, values, more

    @property
    def name(self) -> str:
        """What the result is called."""
        return self._said.header.name

    @property
    def summary(self) -> pd.Series[Any]:
        """The headline figures by name, None where undefined: those of `to_dict` that are neither table nor list."""
        import pandas as pd

        plain = {name: value for name, value in self._values.items() if not isinstance(value, dict | list)}
        return pd.Series(plain, name=self.name, dtype=object)

    def to_dict(self) -> dict[str, Any]:
        """What the JSON file of the folder holds: fractions and USD unrounded, None where undefined."""
        return dict(self._values)

    @takes(path=PATH)
    def report(self, path: str | Path) -> Path:
        """Write the report, one self-contained HTML file, to `path`, which is returned.

        Raises RunFolderError where it cannot be written.
        """
        from hedgebook.reports.page.html import render_document, write_page

        return write_page(render_document(self._said), Path(path))

    def _document(self) -> Document:
        return self._said

    def _frames(self) -> Mapping[str, pd.DataFrame]:
        return self._workbook_parts()[0]

    def _returns(self) -> Returns | None:
        return self._workbook_parts()[1]

    def _workbook_parts(self) -> tuple[dict[str, pd.DataFrame], Returns | None]:
        from hedgebook.reports.workbook.sheets.kept import read

        try:
            return read(self._more)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise _damaged(self.folder, problem) from None

    def __repr__(self) -> str:
        return f"<KeptReport of {self.folder}: {self._said.header.title}>"


@takes(folder=PATH)
def load_report(folder: str | Path) -> KeptReport:
    """Read the report of a folder of any kind back: its documents can be written again, and nothing is run.

    Raises RunFolderError for what is no folder of a result, one of an older version, which does not hold the content
    of its report, and one that is damaged.
    """
    from hedgebook.reports.page.kept import KEPT, unpack_all

    from .figures import figures_in

    path = Path(folder)
    if not is_folder(path):
        raise RunFolderError("there is no such folder", where=str(folder), remedy=GIVE)
    try:
        data = read_bytes(path / KEPT, error=RunFolderError)
    except FileNotFoundError:
        if not (path / "report.html").is_file():
            raise RunFolderError("no result was written to this folder", where=str(folder), remedy=GIVE) from None
        what = f"the folder is of an older version, which kept no {KEPT}, the content of its report"
        raise RunFolderError(what, where=str(folder), remedy=AGAIN) from None
    try:
        document, more = unpack_all(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise _damaged(path, problem) from None
    if (path / NAV).is_file() and (path / "summary.json").is_file() and (path / "fills.parquet").is_file():
        return _KeptRun(path, document, figures_in(path) or {}, {})
    return KeptReport(path, document, figures_in(path) or {}, more)


class _KeptRun(KeptReport):
    """The report of a run, whose workbook is made of its tables, which are read once it is asked for."""

    def _workbook(self) -> bytes:
        from ..loaded import load_run

        return load_run(self.folder)._workbook()


def _damaged(folder: Path, problem: object) -> RunFolderError:
    from hedgebook.reports.page.kept import KEPT

    detail = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return RunFolderError(f"{KEPT} cannot be read: {detail}", where=str(folder), remedy=AGAIN)
