"""Combinatorial purged and walk-forward splits against skfolio's (5,379 values; see PROVENANCE.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.sweep.out_of_sample.combinatorial import combinatorial_purged
from hedgebook.engine.sweep.out_of_sample.walk_forward import walk_forward


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "golden" / "cv" / "cpcv_golden.json").read_text()))


def test_combinatorial_purged(golden: dict[str, Any]) -> None:
    assert len(golden["cpcv"]) == 5
    for case in golden["cpcv"]:
        found = combinatorial_purged(
            case["n"],
            folds=case["n_folds"],
            test_folds=case["n_test_folds"],
            horizon_sessions=case["purged_size"],
            embargo_sessions=case["embargo_size"],
        )
        assert (len(found.splits), found.path_count) == (case["n_splits"], case["n_test_paths"])
        assert found.paths.tolist() == case["path_ids"]
        # The file holds the first 20 splits of the two largest cases, and all of the others.
        assert len(case["splits"]) == min(case["n_splits"], 20)
        for split, folds, expected in zip(found.splits, found.tested, case["splits"], strict=False):
            assert split.train.tolist() == expected["train"]
            assert split.test.tolist() == np.concatenate(expected["test"]).tolist()
            assert [found.folds[k].tolist() for k in folds] == expected["test"]


def test_walk_forward(golden: dict[str, Any]) -> None:
    assert len(golden["walk"]) == 4
    for case in golden["walk"]:
        splits = walk_forward(
            case["n"],
            train_sessions=case["train_size"],
            test_sessions=case["test_size"],
            anchored=case["expend_train"],
            horizon_sessions=case["purged_size"],
        )
        assert len(splits) == len(case["splits"])
        for split, expected in zip(splits, case["splits"], strict=True):
            for side in ("train", "test"):
                indices = getattr(split, side)
                assert [indices[0], indices[-1]] == expected[side]
                assert len(indices) == expected[side][1] - expected[side][0] + 1
