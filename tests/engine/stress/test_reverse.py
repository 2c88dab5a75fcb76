"""Reverse stress against its closed form, a dense search, and a margin call solved by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgebook.engine.stress.reverse import reverse_loss, reverse_margin_call
from hedgebook.errors import ParameterError

from .books import answers, held, terms_of

BETAS = np.array([[1.0, 0.5], [2.0, -1.0], [-0.5, 0.2]])
COVARIANCE = np.array([[4e-4, 1e-4], [1e-4, 9e-4]])


def test_one_factor_by_hand() -> None:
    positions = held([1000.0])
    found = reverse_loss(positions, answers(positions, np.array([[2.0]]), np.array([[1e-4]])), 0.10)
    assert found.moves is not None
    assert found.moves["f0"] == pytest.approx(-0.05, rel=1e-12)
    assert found.distance == pytest.approx(5.0, rel=1e-12)
    assert (found.sample_hits, found.sample_stretches) == (0, 0)
    assert found.loss_frac == pytest.approx(0.10, rel=1e-12)
    later = reverse_loss(positions, answers(positions, np.array([[2.0]]), np.array([[1e-4]])), 0.10, 25)
    assert later.distance == pytest.approx(1.0, rel=1e-12)


def test_deviations_count_what_is_the_tickers_own() -> None:
    """Two positions of weight 1/2: factor deviation 2 % x 0.5 x (2 + 1) = 3 %, own 0.5 x 4 % each."""
    positions = held([500.0, 500.0], nav=1000.0)
    found = answers(positions, np.array([[2.0], [1.0]]), np.array([[4e-4]]), own_sd=0.04)
    whole = math.sqrt(0.03**2 + 2 * 0.02**2)
    result = reverse_loss(positions, found, 0.10)
    assert result.distance == pytest.approx(0.10 / 0.03, rel=1e-12)
    assert result.deviations == pytest.approx(0.10 / whole, rel=1e-12)
    assert reverse_loss(positions, found, 0.10, 4).deviations == pytest.approx(0.05 / whole, rel=1e-12)


def test_how_often_the_sample_had_it() -> None:
    """Losses of the book: 10, 4, 12 and 0 %; over two sessions 1 - 0.9 x 0.96, 1 - 0.96 x 0.88 and 12 % by ticker."""
    positions = held([1000.0], nav=1000.0)
    found = answers(positions, np.array([[1.0]]), np.array([[4e-4]]))
    past = np.array([[-0.10], [-0.04], [-0.12], [0.0]])
    one, two = (reverse_loss(positions, found, 0.0999, h, past) for h in (1, 2))
    assert (one.sample_hits, one.sample_stretches) == (2, 4)
    assert (two.sample_hits, two.sample_stretches) == (3, 3)
    # 1,500 USD of shares on 1,000 of NAV at a requirement of 25 %: called below 500 / 0.75 of shares, a fall of 5/9.
    levered = held([1500.0], nav=1000.0)
    past = np.array([[-0.54], [-0.56], [-0.9], [0.3]])
    one = answers(levered, np.array([[1.0]]), np.array([[4e-4]]))
    call = reverse_margin_call(levered, one, terms_of(levered), 1, past)
    assert (call.sample_hits, call.sample_stretches) == (2, 4)


def test_no_other_move_that_loses_as_much_is_nearer() -> None:
    positions = held([500.0, -300.0, 200.0])
    found = reverse_loss(positions, answers(positions, BETAS, COVARIANCE), 0.10)
    inverse = np.linalg.inv(COVARIANCE)
    exposure = BETAS.T @ positions.weights
    assert found.moves is not None
    nearest = math.inf
    for angle in np.linspace(0, 2 * math.pi, 20001):
        ray = np.array([math.cos(angle), math.sin(angle)])
        loss = -float(exposure @ ray)
        if loss > 0:
            move = ray * 0.10 / loss
            nearest = min(nearest, math.sqrt(move @ inverse @ move))
    assert found.distance == pytest.approx(nearest, rel=1e-6)
    assert found.distance <= nearest * (1 + 1e-9)


def test_a_call_on_a_short_by_hand() -> None:
    """NAV 600 - 1000 m against 0.3 * 1000 (1 + m): called from m = 300 / 1300 on, at beta 2 a factor move of half."""
    positions = held([-1000.0], nav=600.0)
    found = reverse_margin_call(
        positions, answers(positions, np.array([[2.0]]), np.array([[1e-4]])), terms_of(positions)
    )
    assert found.moves is not None
    assert found.moves["f0"] == pytest.approx(300 / 1300 / 2, rel=1e-9)
    assert found.distance == pytest.approx(300 / 1300 / 2 / 0.01, rel=1e-9)


def test_a_call_is_the_nearest_of_a_dense_search() -> None:
    """Shorts below 16.67 USD owe 5 USD a share, so that the requirement has edges."""
    positions = held([900.0, -700.0, -600.0], [40.0, 15.0, 6.0], nav=1400.0)
    responses = answers(positions, BETAS, COVARIANCE)
    found = reverse_margin_call(positions, responses, terms_of(positions))

    def excess(move: np.ndarray) -> float:
        nav, need = positions.nav_usd, 0.0
        for i, (shares, price) in enumerate(zip(positions.shares, positions.prices, strict=True)):
            now = price * (1 + max(float(BETAS[i] @ move), -1.0))
            nav += shares * (now - price)
            if shares > 0:
                need += 0.25 * shares * now
            elif now >= 5:
                need += max(0.3 * now, 5.0) * -shares
            else:
                need += max(now, 2.5) * -shares
        return float(nav - need)

    root = np.linalg.cholesky(COVARIANCE)
    nearest = math.inf
    for angle in np.linspace(0, 2 * math.pi, 721):
        ray = root @ np.array([math.cos(angle), math.sin(angle)])
        steps = np.linspace(0.0, 40.0, 2001)
        first = next((s for s in steps if excess(s * ray) < 0), math.inf)
        nearest = min(nearest, first)
    assert found.moves is not None
    assert abs(excess(found.moves.to_numpy())) < 1e-3
    assert found.distance <= nearest + 1e-6
    assert found.distance == pytest.approx(nearest, abs=0.03)


def test_what_has_no_answer() -> None:
    positions = held([500.0, -500.0])
    flat = answers(positions, np.array([[1.0], [1.0]]), np.array([[1e-4]]))
    assert reverse_loss(positions, flat, 0.1).moves is None
    assert "no exposure" in reverse_loss(positions, flat, 0.1).note
    assert "no margin rules" in reverse_margin_call(positions, flat, terms_of(positions, enforced=False)).note
    assert "within 40" in reverse_margin_call(positions, flat, terms_of(positions)).note
    called = held([-2000.0], nav=500.0)
    at_once = reverse_margin_call(called, answers(called, np.array([[1.0]]), np.array([[1e-4]])), terms_of(called))
    assert (at_once.distance, at_once.deviations) == (0.0, 0.0)
    with pytest.raises(ParameterError, match="above 0"):
        reverse_loss(positions, flat, 0.0)
