"""Cutting the sessions of a sweep into the pieces that its cross-validation needs."""

from __future__ import annotations

import numpy as np
import pytest

from hedgebook.engine.sweep.out_of_sample.validation import Scheme, Validation, lay_out, parse_validation
from hedgebook.errors import ParameterError


def on(sessions: int, gaps: tuple[int, ...] = ()) -> np.ndarray:
    """Sessions 3 to 3 + sessions of a longer market, some of them missing."""
    flags = np.zeros(sessions + 10, dtype=np.bool_)
    flags[3 : 3 + sessions] = True
    flags[list(gaps)] = False
    return flags


@pytest.mark.parametrize(("sessions", "blocks"), [(22, 16), (160, 16), (33, 8), (15, 14), (4, 4)])
def test_blocks_cover_the_calendar_and_differ_by_one_session(sessions: int, blocks: int) -> None:
    flags = on(sessions, gaps=(5,) if sessions > 10 else ())
    asked = 16 if blocks in (16, 14, 4) else blocks
    laid = lay_out(Validation(blocks=asked), flags)
    calendar = int(flags.sum())
    expected = min(asked, calendar - calendar % 2)
    assert len(laid.block_counts) == expected
    assert laid.block_counts.sum() == calendar
    assert laid.block_counts.max() - laid.block_counts.min() <= 1
    assert ((laid.of_session >= 0) == flags).all()
    assert (np.diff(laid.blocks[laid.of_session[flags]]) >= 0).all()
    assert laid.no_cscv is None


def test_too_few_sessions_have_no_blocks() -> None:
    laid = lay_out(Validation(), on(3))
    assert laid.no_cscv == "Cross-validation needs 4 sessions, not 3."
    assert laid.counts.sum() == 3


@pytest.mark.parametrize(
    "text",
    ["walk-forward:train=60,test=20", "walk-forward:anchored,train=50,test=10,embargo=2", "cpcv:folds=6,purge=3"],
)
def test_every_sample_and_every_block_is_made_of_pieces(text: str) -> None:
    flags = on(150, gaps=(20, 21))
    laid, sessions = lay_out(parse_validation(text), flags), 148
    assert laid.plan is not None
    pieces = laid.of_session[flags]
    values = np.random.default_rng(0).normal(size=(sessions, 7))
    totals = np.stack([values[pieces == g].sum(axis=0) for g in range(len(laid.counts))], axis=1)
    squares = np.stack([(values[pieces == g] ** 2).sum(axis=0) for g in range(len(laid.counts))], axis=1)
    np.testing.assert_array_equal(laid.counts, np.bincount(pieces))

    ((start, by_block, _),) = laid.by_block(iter([(5, totals, squares)]))
    assert start == 5
    cuts = [round(b) for b in np.cumsum([0, *laid.block_counts])]
    for b in range(16):
        np.testing.assert_allclose(by_block[:, b], values[cuts[b] : cuts[b + 1]].sum(axis=0), atol=1e-12)
    ((_, by_segment, by_squares),) = laid.by_segment(iter([(5, totals, squares)]))
    for c, split in enumerate(laid.plan.each):
        for member, sample in ((laid.plan.segments.train[c], split.train), (laid.plan.segments.test[c], split.test)):
            np.testing.assert_allclose(by_segment[:, member].sum(axis=1), values[sample].sum(axis=0), atol=1e-12)
            wanted = (values[sample] ** 2).sum(axis=0)
            np.testing.assert_allclose(by_squares[:, member].sum(axis=1), wanted, atol=1e-12)


def test_folds_fit_few_sessions() -> None:
    plan = lay_out(parse_validation("cpcv"), on(22)).plan
    assert plan is not None
    assert len(plan.each) == 7 * 6 // 2


def test_a_text_sets_everything() -> None:
    assert parse_validation("walk-forward: train=120, test=20, anchored, purge=5, embargo=2, blocks=8") == Validation(
        scheme=Scheme.WALK_FORWARD,
        blocks=8,
        train_sessions=120,
        test_sessions=20,
        anchored=True,
        purge_sessions=5,
        embargo_sessions=2,
    )
    assert parse_validation("cpcv:folds=8,test_folds=3") == Validation(Scheme.CPCV, folds=8, test_folds=3)
    assert parse_validation(Validation(blocks=4)).blocks == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cvsc", "Did you mean 'cscv'?"),
        ("cpcv:fold=8", "there is no setting 'fold'. Did you mean 'folds'?"),
        ("cpcv:folds=x", r"cv, folds: is not a whole number \(got 'x'\)"),
        ("cpcv:folds", "cv, folds: is not a whole number"),
        ("cscv:blocks=7", "an even number from 2 to 20"),
    ],
)
def test_a_text_that_cannot_be_used(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        parse_validation(text)


def test_splits_that_do_not_fit() -> None:
    with pytest.raises(ParameterError, match="walk-forward does not fit the 22 sessions on which any set is on"):
        lay_out(parse_validation("walk-forward:train=20,test=10"), on(22))
