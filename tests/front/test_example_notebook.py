"""The example notebook: kept without outputs, and every cell of it runs and shows something."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hedgebook.reports.page.notebook import MOST_BYTES

nbclient = pytest.importorskip("nbclient", reason="needs nbclient, of the dev extra")
nbformat = pytest.importorskip("nbformat", reason="needs nbformat, of the dev extra")
pytest.importorskip("ipykernel", reason="needs ipykernel, of the dev extra")

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "flagship.ipynb"
# What jupyter itself warns of is not ours.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_the_kept_notebook_has_no_outputs() -> None:
    kept = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in kept["cells"] if cell["cell_type"] == "code"]
    assert len(code) >= 8
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    home = tmp_path_factory.mktemp("notebook")
    book = nbformat.read(NOTEBOOK, as_version=4)
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(home)}}).execute()
    return [cell for cell in book.cells if cell.cell_type == "code"]


def _shown(cell: Any, kind: str) -> str:
    return str(next(out["data"][kind] for out in cell.outputs if kind in out.get("data", {})))


def test_every_cell_shows_something_short(executed: list[Any]) -> None:
    for cell in executed:
        assert {out["output_type"] for out in cell.outputs} <= {"execute_result", "display_data"}, cell.outputs
        kinds = [kind for out in cell.outputs for kind in out["data"]]
        assert (
            any(kind.startswith("application/vnd.plotly") for kind in kinds) or len(_shown(cell, "text/plain")) < 6000
        )
        results = [out["data"]["text/html"] for out in cell.outputs if "text/html" in out.get("data", {})]
        assert all(len(text.encode()) <= MOST_BYTES for text in results if "<script" not in text)


def test_results_show_their_first_screen_and_figures_are_drawn(executed: list[Any]) -> None:
    of = {cell.source.splitlines()[-1]: cell for cell in executed}
    assert "81,473 USD" in _shown(of["run"], "text/html")
    assert "<svg" in _shown(of["run"], "text/html")
    assert "VaR" in _shown(of["risk"], "text/html")
    assert "luck" in _shown(of["grid"], "text/html")
    figure = next(out["data"] for out in of['run.plot("equity")'].outputs)
    assert any(kind.startswith("application/vnd.plotly") for kind in figure)
    assert "flagship.pdf" in _shown(executed[-1], "text/plain")
