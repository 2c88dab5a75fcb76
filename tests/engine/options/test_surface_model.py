"""Modelled surfaces: levels as the file says, no sure gain between strikes or expiries, and files that are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hedgebook import options
from hedgebook.engine.options.surface_model import third_friday
from hedgebook.errors import ParameterError

MODEL = options.load_surfaces()
NAMES = [
    ("CRWV", "neocloud"),
    ("META", "meta"),
    ("SPY", "benchmark"),
    ("ZZZZ", None),
    ("APLD", "miner"),
    ("MU", "memory"),
]
YEARS = np.array([1.0, 3.0, 10.0, 30.0, 90.0, 365.0, 900.0]) / 365.0


@pytest.mark.parametrize(("ticker", "bucket"), NAMES)
def test_levels_at_the_forward_are_those_of_the_file(ticker: str, bucket: str | None) -> None:
    surface = MODEL.of(ticker, bucket)
    found = surface.vol(100.0, 100.0, [30 / 365, 1.0])
    np.testing.assert_allclose(found, [surface.terms.vol_30_days, surface.terms.vol_365_days], rtol=1e-12)


@pytest.mark.parametrize(("ticker", "bucket"), NAMES)
def test_no_sure_gain_between_strikes_or_expiries(ticker: str, bucket: str | None) -> None:
    surface = MODEL.of(ticker, bucket)
    strikes = np.exp(np.linspace(-1.5, 1.5, 601))
    vol = surface.vol(strikes, 1.0, YEARS[:, None])
    total = vol**2 * YEARS[:, None]
    assert (np.diff(total, axis=0) >= -1e-14).all(), "total variance rises with expiry at each moneyness"
    for years, row in zip(YEARS, vol, strict=True):
        price = options.european(options.Contracts("call", 1.0, strikes, years, vol_annual=row))["price"].to_numpy()
        slope = np.diff(price) / np.diff(strikes)
        assert (slope <= 1e-12).all()
        assert (slope >= -1.0 - 1e-9).all()
        assert (np.diff(slope) >= -1e-9).all(), "prices are convex in strike"


def test_a_name_comes_before_its_bucket_and_a_bucket_before_the_default() -> None:
    assert MODEL.of("CRWV", "neocloud").terms == MODEL.ticker["CRWV"]
    assert MODEL.of("OTHER", "neocloud").terms == MODEL.bucket["neocloud"]
    assert MODEL.of("OTHER").terms == MODEL.default
    assert MODEL.label.startswith("modelled quotes")


def test_half_width_is_the_tick_or_volatility_times_vega_and_wider_off_the_third_friday() -> None:
    surface = MODEL.of("CRWV")
    days = np.array(["2026-08-21", "2026-08-14", "2026-08-21"], dtype="datetime64[D]")
    np.testing.assert_allclose(surface.half_width([10.0, 10.0, 0.01], days), [0.20, 0.40, MODEL.tick_usd])


def test_third_fridays_and_the_thursday_before_one_that_is_a_holiday() -> None:
    # Juneteenth of 2026 is a Friday, the third of June.
    days = np.array(["2026-06-18", "2026-06-19", "2026-07-16", "2026-07-17", "2026-07-24"], dtype="datetime64[D]")
    assert third_friday(days).tolist() == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[default]\nvol_30_days = 0.5\nvol_365_days = 0.1\n", "variance would fall"),
        ("[default]\nvol_30_days = 0.5\nvol_365_days = 0.5\nskew = -0.9\ncurvature = 1.9\n", "sure gain"),
        ("[default]\nvol_30_days = 50\nvol_365_days = 0.5\n", "vol_30_days"),
        ("[default]\nvol_30_days = 0.5\nvol_365_days = 0.5\nskw = 0.1\n", "skew"),
        ("rate_annual = 0.04\n", "default"),
    ],
)
def test_a_file_that_is_no_surface_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=said):
        options.load_surfaces(path)


def test_a_file_has_its_own_name_and_a_missing_one_is_said(tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    path.write_text("[default]\nvol_30_days = 0.5\nvol_365_days = 0.5\n")
    assert options.load_surfaces(path).label == "modelled quotes (option surfaces desk)"
    with pytest.raises(ParameterError, match="no option surfaces"):
        options.load_surfaces("defualt")
