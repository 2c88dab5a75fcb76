"""What every result of a front function can do: give its figures, write its documents, save its folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from hedgebook.errors import RunFolderError
from hedgebook.universes.checks import FLAG, FUNCTION, PATH, TEXT, maybe, one_of, takes, whole

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects

    from hedgebook.reports.page.document import Copies, Document
    from hedgebook.reports.page.kind import ReportKind
    from hedgebook.reports.workbook.sheets.returns import Track as Returns

PAPER = one_of("a4", "letter")
# How a sweep or a search is run and written: what their options have in common.
RUN_AND_WRITTEN = {
    "overwrite": FLAG,
    "resume": FLAG,
    "pdf": FLAG,
    "paper": PAPER,
    "xlsx": FLAG,
    "threads": whole(1, 256),
    "scheduler": maybe(TEXT),
    "progress": maybe(FUNCTION),
}


R = TypeVar("R")


class Writers(NamedTuple):
    """The functions of a report's room that write a result: its figures, its report into a file, its folder.

    document: what every other kind of document says of it, None where only its report is known.
    """

    to_dict: Callable[..., dict[str, Any]]
    report: Callable[..., Path]
    save: Callable[..., Path]
    document: Callable[..., Document] | None = None


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

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from hedgebook.reports.page.notebook import figures_screen

        headline = self.summary
        pairs = [(str(name), _told(value)) for name, value in headline.items()]
        return figures_screen(str(headline.name), pairs)


def _told(value: Any) -> str:
    if value is None:
        return "undefined"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


class Documents(Figures):
    """A result with a report, which can be had as other documents too."""

    # The sections of the report whose first table a notebook shows.
    _main: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def _document(self) -> Document:
        """What every document says of it. Raises RunFolderError where that is not known."""

    @takes(path=PATH, paper=PAPER)
    def pdf(self, path: str | Path, paper: str = "a4") -> Path:
        """Write the report as a PDF to `path`, which is returned; paper: of its pages, "a4" or "letter".

        Raises RunFolderError where it cannot be made or written.
        """
        from hedgebook.reports.page.document import write_document
        from hedgebook.reports.pdf.render import document_pdf

        return write_document(document_pdf(self._document(), paper), Path(path))

    @property
    def figures(self) -> dict[str, plotly.graph_objects.Figure]:
        """Every figure of the report by name, as plotly shows it in a notebook."""
        from hedgebook.reports.page.notebook import FiguresByName, figures_of, plotly_figure

        return FiguresByName((name, plotly_figure(one)) for name, one in figures_of(self._document()).items())

    @takes(name=maybe(TEXT))
    def plot(self, name: str | None = None) -> plotly.graph_objects.Figure:
        """One figure of the report, as plotly shows it in a notebook; name: None for the first.

        Raises ParameterError, with the names that there are, for another one.
        """
        from hedgebook.reports.page.notebook import chosen_figure, plotly_figure

        return plotly_figure(chosen_figure(self._document(), name))

    def _repr_html_(self) -> str:
        from hedgebook.reports.page.notebook import first_screen

        try:
            document = self._document()
        except RunFolderError:
            return super()._repr_html_()
        return first_screen(document, self._main)

    @takes(path=PATH)
    def xlsx(self, path: str | Path) -> Path:
        """Write a workbook for Excel and LibreOffice to `path`, which is returned: one sheet a table, real numbers.

        Fractions and USD are unrounded, cells empty where a figure is undefined, and sums and ratios of a run live
        formulas. Raises RunFolderError where it cannot be made or written.
        """
        from hedgebook.reports.page.document import write_document

        return write_document(self._workbook(), Path(path))

    def _workbook(self) -> bytes:
        """The bytes of the workbook. Raises RunFolderError where it cannot be made."""
        from hedgebook.reports.workbook.result import result_workbook

        return result_workbook(self._document(), self.to_dict(), self._frames(), self._returns())

    def _frames(self) -> Mapping[str, pd.DataFrame]:
        """Tables that stand in the workbook beside those of the report and of `to_dict`."""
        return {}

    def _returns(self) -> Returns | None:
        """The returns that the workbook calculates ratios of, None where the result has none by date."""
        return None

    def _copies(self, *, pdf: bool, paper: str, xlsx: bool) -> Copies:
        """The documents that stand in a folder beside the report, and how each is written."""
        from hedgebook.reports.page.document import PDF, WORKBOOK

        pages: Copies = {PDF: lambda path: self.pdf(path, paper)} if pdf else {}
        return {**pages, **({WORKBOOK: self.xlsx} if xlsx else {})}

    def _keep(self, path: Path) -> None:
        """Write the content of the report, of which its documents can be made again."""
        from hedgebook.reports.page.kept import pack
        from hedgebook.reports.workbook.sheets.kept import told

        path.write_bytes(pack(self._document(), told(self._frames(), self._returns())))


class Result(Documents):
    """A result that can be written down as a folder as well."""

    @abstractmethod
    def _writers(self) -> Writers | ReportKind[Any]:
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

    def _document(self) -> Document:
        make = self._writers().document
        if make is None:
            raise RunFolderError(
                "only the report of this result is known, not what it is made of",
                where=repr(self),
                remedy="Make the result anew for another kind of document.",
            )
        return make(self)

    def _kept(self) -> Copies:
        """What writes down the content of the report, where the folder of its kind does not hold that already."""
        from hedgebook.reports.page.document import KEPT

        return {KEPT: self._keep}

    def _manifest(self) -> Copies:
        """What writes down how this result was made, after all other files of its folder."""
        from hedgebook.reports.page.document import MANIFEST

        from .replay.manifest import write_manifest

        return {MANIFEST: lambda path: write_manifest(self, path)}

    @takes(folder=PATH, overwrite=FLAG, pdf=FLAG, paper=PAPER, xlsx=FLAG)
    def save(
        self, folder: str | Path, *, overwrite: bool = False, pdf: bool = False, paper: str = "a4", xlsx: bool = False
    ) -> Path:
        """Write a `folder` with figures, tables and report, all of it or nothing, and return it.

        pdf: the report as report.pdf beside it; paper: of its pages, "a4" or "letter"; xlsx: a workbook, report.xlsx,
        beside it. Raises RunFolderError
        for a folder that is not empty, unless `overwrite` and it holds a result of this kind.
        """
        also = {**self._copies(pdf=pdf, paper=paper, xlsx=xlsx), **self._kept(), **self._manifest()}
        return self._writers().save(self, Path(folder), overwrite=overwrite, also=also)
