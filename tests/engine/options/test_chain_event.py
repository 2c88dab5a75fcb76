"""What chains expect of an event, against chains into which a day of known variance was put."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from hedgebook import options
from hedgebook.errors import InputError
from tests.markets import market_of
from tests.universes.chains.made_up import made_up_chain

BASE, DEVIATION = 0.40, 0.08
STRIKES = (85.0, 90.0, 95.0, 97.5, 100.0, 102.5, 105.0, 110.0, 115.0)


@pytest.fixture(scope="module")
def snapshot() -> options.Snapshot:
    """Quotes of 2026-05-27 before a report of the day after: its variance is in every expiry."""
    parts = []
    for days in (9, 23, 44, 79):
        vol = math.sqrt(BASE**2 + DEVIATION**2 * 365 / days)
        parts.append(made_up_chain(vol=vol, days=(days,), strikes=STRIKES))
    return options.read_chain(pd.concat(parts), "CLOUD").snapshots[0]


def test_the_day_that_was_put_in_is_found(snapshot: options.Snapshot) -> None:
    found = options.chain_event(snapshot, "2026-05-28", rate_annual=0.04)
    assert (str(found.near), str(found.far)) == ("2026-06-05", "2026-07-10")
    assert found.variance.base_vol_annual == pytest.approx(BASE, abs=0.01)
    assert found.variance.deviation_frac == pytest.approx(DEVIATION, abs=0.001)
    assert found.variance.expected_frac == pytest.approx(0.798 * DEVIATION, abs=0.001)
    assert found.low_frac < found.variance.expected_frac < found.high_frac
    assert found.straddle_error == pytest.approx(0.04)
    # The straddle has the other days in it too.
    assert found.move.deviation_frac == pytest.approx(math.sqrt(BASE**2 * 9 / 365 + DEVIATION**2), abs=0.001)


def test_the_far_expiry_may_be_named(snapshot: options.Snapshot) -> None:
    found = options.chain_event(snapshot, "2026-05-28", rate_annual=0.04, far="2026-08-14")
    assert str(found.far) == "2026-08-14"
    with pytest.raises(InputError, match="no such expiry"):
        options.chain_event(snapshot, "2026-05-28", rate_annual=0.04, far="2026-08-15")


def test_events_that_no_expiries_hold_are_refused(snapshot: options.Snapshot) -> None:
    with pytest.raises(InputError, match="before these quotes"):
        options.chain_event(snapshot, "2026-05-26", rate_annual=0.04)
    with pytest.raises(InputError, match="no two expiries"):
        options.chain_event(snapshot, "2026-08-01", rate_annual=0.04)


def test_news_that_nobody_expected_has_no_move_and_says_so() -> None:
    near, far = (9, 0.30), (44, 0.40)
    parts = [made_up_chain(vol=vol, days=(days,), strikes=STRIKES) for days, vol in (near, far, (79, 0.40))]
    chain = options.read_chain(pd.concat(parts), "CLOUD")
    market = market_of({"close": [[99.0], [100.0], [104.0], [94.0]]}, ["CLOUD"], first="2026-05-26")
    found = options.expected_and_realised(chain, market, "2026-05-28", rate_annual=0.04)
    # Total variance by days, and what a day between the two has.
    total = [vol**2 * days / 365.0 for days, vol in (near, far)]
    wanted = total[0] - 9 * (total[1] - total[0]) / (44 - 9)
    assert wanted < 0.0
    assert found.expected.variance.variance == pytest.approx(wanted, rel=0.03)
    assert math.isnan(found.expected.variance.expected_frac)
    assert math.isnan(found.deviations)
    assert found.realised_frac == pytest.approx(0.04)
    told = found.to_dict()
    assert (told["expected_frac"], told["within_quotes"]) == (None, None)
    assert told["note"] == found.note
    assert f"is {found.expected.variance.variance:.3g}, not above zero" in found.note
    assert told["straddle_expected_frac"] > 0.0


def test_what_was_expected_beside_what_came() -> None:
    parts = [
        made_up_chain(vol=math.sqrt(BASE**2 + DEVIATION**2 * 365 / days), days=(days,), strikes=STRIKES)
        for days in (9, 44, 79)
    ]
    chain = options.read_chain(pd.concat(parts), "CLOUD")
    # The close of the quotes is 2026-05-27; the news is traded on the session after it.
    market = market_of({"close": [[99.0], [100.0], [93.65], [94.0]]}, ["CLOUD"], first="2026-05-26")
    found = options.expected_and_realised(chain, market, "2026-05-28", rate_annual=0.04)
    assert found.realised_frac == pytest.approx(-0.0635)
    assert found.within_quotes
    assert found.deviations == pytest.approx(-0.0635 / DEVIATION, abs=0.02)
    with pytest.raises(InputError, match="no quotes of the week"):
        options.expected_and_realised(chain, market, "2026-05-27", rate_annual=0.04)
    with pytest.raises(InputError, match="CLOUD"):
        options.expected_and_realised(chain, market_of({"close": [[1.0]]}, ["DRIFT"]), "2026-06-01", rate_annual=0.04)
