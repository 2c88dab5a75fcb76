"""A search goes on where it was stopped, is the same on any number of threads, and knows another one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from hedgebook.engine.finder.pieces import SETTING, Pieces, SearchJob, run_search
from hedgebook.engine.finder.search import Piece, Search, optima
from hedgebook.engine.finder.shortfall import expected_shortfall, least_shortfall, shortfall_objective
from hedgebook.errors import RunFolderError

from .cases import made_up

SEARCH = Search(made_up(3, 9, 1).books(), (1, 2, 3))
JOB = SearchJob(SEARCH, {"seed": 3})


def equal(a: Piece, b: Piece) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("values", "best", "names", "solved"))


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(threads: int) -> None:
    pieces = Pieces()
    run_search(JOB, pieces, threads=threads)
    assert equal(SEARCH.together(pieces.in_order()), SEARCH.best_of_all())


def test_a_stopped_search_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    first, stops = Pieces(folder), list[int]()

    def stop(done: int, _count: int, _seconds: float) -> None:
        if done > 0 and not stops:
            stops.append(done)
            raise KeyboardInterrupt

    outcome = run_search(JOB, first, threads=1, progress=stop)
    assert outcome.interrupted
    kept = sorted(path.name for path in folder.glob("*.npz"))
    assert 0 < len(kept) < len(SEARCH.pieces)
    damaged = folder / kept[0]
    damaged.write_bytes(damaged.read_bytes()[:100])
    again = Pieces(folder)
    assert not run_search(JOB, again, threads=1, resume=True).interrupted
    assert equal(SEARCH.together(again.in_order()), SEARCH.best_of_all())
    again.clear()
    assert not folder.exists()


def test_another_search_is_not_gone_on_with(tmp_path: Path) -> None:
    run_search(JOB, Pieces(tmp_path / "kept"), threads=1)
    with pytest.raises(RunFolderError, match="another search: seed is 3 there and 4 here"):
        run_search(replace(JOB, known={"seed": 4}), Pieces(tmp_path / "kept"), threads=1, resume=True)
    with pytest.raises(RunFolderError, match="no search to go on with"):
        run_search(JOB, Pieces(tmp_path / "none"), threads=1, resume=True)
    (tmp_path / "kept" / "mine.txt").write_text("mine")
    with pytest.raises(RunFolderError, match="something else"):
        run_search(JOB, Pieces(tmp_path / "kept"), threads=1)
    assert json.loads((tmp_path / "kept" / SETTING).read_text())["seed"] == 3


def test_expected_shortfall_takes_the_edge_in_part() -> None:
    returns = np.array([-5.0, -3.0, 0.0, 2.0, 6.0])
    assert expected_shortfall(returns, 0.6) == pytest.approx(4.0)
    assert expected_shortfall(returns, 0.7) == pytest.approx((5.0 + 0.5 * 3.0) / 1.5)


@pytest.mark.parametrize("rules", [0, 1])
def test_no_hedge_has_less_shortfall(rules: int) -> None:
    problem = made_up(11, 9, rules).only(["N0", "N1", "N2", "N4"])
    found = least_shortfall(problem, 0.9)
    assert found is not None
    books = problem.books()
    assert np.abs(books.rules @ found.weights - books.targets[0]).max(initial=0.0) < 1e-7
    _, weights = optima(books, 0, [(0, 1, 2, 3)])
    draw = np.random.default_rng(0)
    keep = np.eye(4) - np.linalg.pinv(books.rules) @ books.rules if rules else np.eye(4)

    def q(w: np.ndarray) -> float:
        return shortfall_objective(problem, w, 0.9, None)

    assert found.value == pytest.approx(q(found.weights))
    assert found.value <= q(weights[0, :4]) + 1e-9
    for size in (0.3, 0.05, 0.005):
        for step in size * draw.normal(size=(200, 4)) @ keep:
            w = found.weights + step
            if (w >= books.low).all() and (w <= books.high).all() and np.abs(w).sum() <= books.budget[0]:
                assert found.value <= q(w) + 1e-9
    if not rules:
        inside = list(zip(books.low, books.high, strict=True))
        other = minimize(q, weights[0, :4], method="Powell", bounds=inside).x
        assert np.abs(other).sum() > books.budget[0] or found.value <= q(other) + 1e-9
