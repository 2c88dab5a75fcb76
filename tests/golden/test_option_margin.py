"""Requirements of FINRA rule 4210 and Regulation T against worked and published examples (see PROVENANCE.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hedgebook.options import MarginLeg, OptionMarginRules, Requirement, option_requirement

CENT = 0.005 + 1e-9
INDEX = OptionMarginRules(basic_frac=0.15)
DOUBLED = OptionMarginRules(basic_frac=0.40, minimum_frac=0.20)
CASH = OptionMarginRules(cash_account=True)


def put(strike: float, contracts: float, mark: float = 0.0) -> MarginLeg:
    return MarginLeg("put", strike, contracts, mark)


def call(strike: float, contracts: float, mark: float = 0.0) -> MarginLeg:
    return MarginLeg("call", strike, contracts, mark)


def short(given: dict[str, Any], right: Any, rules: OptionMarginRules | None = None) -> Requirement:
    legs = [MarginLeg(right, given["K"], -given.get("contracts", 1), given["mark"])]
    return option_requirement(given["S"], 0.0, legs, rules=rules)


def stock(given: dict[str, Any], sign: float = 1.0, when: Any = "maintenance") -> Requirement:
    return option_requirement(given["S"], sign * given["shares"], [], when=when)


# What each example is in our terms; of marks that it does not name, as of an offset's long option, none is paid.
WORKED: dict[str, Any] = {
    "short_put_otm": lambda g: short(g, "put"),
    "short_put_near": lambda g: short(g, "put"),
    "short_put_far": lambda g: short(g, "put"),
    "short_put_itm": lambda g: short(g, "put"),
    "short_call_atm_of_the_synthetic_short": lambda g: short(g, "call"),
    "short_call_far": lambda g: short(g, "call"),
    "debit_put_spread_90_75": lambda g: option_requirement(
        g["S"], 0.0, [put(g["long"], 10, g["paid"]), put(g["short"], -10, g["received"])]
    ),
    "credit_put_spread_90_75": lambda g: option_requirement(
        g["S"], 0.0, [put(g["long"], 10, g["paid"]), put(g["short"], -10, g["received"])]
    ),
    "cash_secured_put": lambda g: option_requirement(90.0, 0.0, [put(g["K"], -10, g["received"])], rules=CASH),
    "covered_call_initial": lambda g: option_requirement(g["S"], 1000.0, [call(g["K"], -10, 3.3)], when="initial"),
    "covered_call_maintenance_itm": lambda g: option_requirement(g["S"], 1000.0, [call(g["K"], -10, 5.1)]),
    "protective_put_maintenance": lambda g: option_requirement(g["S"], 1000.0, [put(g["K"], 10)]),
    "collar_meta_maintenance": lambda g: option_requirement(
        g["S"], 1000.0, [put(g["put"], 10), call(g["call"], -10, 8.1)]
    ),
    "collar_meta_initial": lambda g: option_requirement(
        g["S"], 1000.0, [put(580.0, 10), call(650.0, -10, 8.1)], when="initial"
    ),
    "long_stock_maintenance": stock,
    "short_stock_initial": lambda g: stock(g, -1.0, "initial"),
    "short_stock_maintenance_equity": lambda g: stock(g, -1.0),
    "short_stock_with_long_call_maintenance": lambda g: option_requirement(g["S"], -1000.0, [call(g["call"], 10)]),
    "long_put_nine_months": lambda g: option_requirement(90.0, 0.0, [put(85.0, 10, g["paid"])]),
}
# Shown with the proceeds of the short stock in it, which stay in the account.
WITH_PROCEEDS = {"short_stock_initial": 90_000.0}
PUBLISHED: dict[str, Any] = {
    "short put out of the money": lambda g: short(g, "put"),
    "short put in the money": lambda g: short(g, "put"),
    "short call in the money": lambda g: short(g, "call"),
    "short call out of the money": lambda g: short(g, "call"),
    "short put on a 2x leveraged ETF (percentages doubled)": lambda g: short(g, "put", DOUBLED),
    "short put on a broad-based ETF (15 %/10 %)": lambda g: short(g, "put", INDEX),
    "short call on a broad-based index (15 %)": lambda g: short(g, "call", INDEX),
    "covered call, initial": lambda g: option_requirement(g["S"], 100.0, [call(g["K"], -1)], when="initial"),
    "short put and short stock, maintenance, proceeds included": lambda g: option_requirement(
        g["S"], -100.0, [put(g["K"], -1, 3.0)]
    ),
    "conversion, maintenance": lambda g: option_requirement(g["S"], 100.0, [put(g["K"], 1), call(g["K"], -1, 6.0)]),
    "reverse conversion, maintenance, proceeds included": lambda g: option_requirement(
        g["S"], -100.0, [call(g["K"], 1), put(g["K"], -1, 1.0)]
    ),
    "reverse conversion with the put in the money": lambda g: option_requirement(
        g["S"], -100.0, [call(g["K"], 1), put(g["K"], -1, 4.0)]
    ),
    "collar, maintenance": lambda g: option_requirement(g["S"], 100.0, [put(g["put"], 1), call(g["call"], -1, 1.0)]),
    "protective put, maintenance": lambda g: option_requirement(g["S"], 100.0, [put(g["put"], 1)]),
    "call credit spread": lambda g: option_requirement(
        g["S"], 0.0, [call(g["long"], 1, g["long_paid"]), call(g["short"], -1, g["short_received"])]
    ),
    "put debit spread": lambda g: option_requirement(
        g["S"], 0.0, [put(g["long"], 1, g["long_paid"]), put(g["short"], -1, g["short_received"])]
    ),
    "long butterfly, puts 540/550/555": lambda _: option_requirement(
        548.0, 0.0, [put(540.0, 1, 5.6), put(555.0, 1, 9.8), put(550.0, -2, 7.2)]
    ),
    "short iron butterfly 16/20/20/24": lambda g: option_requirement(
        g["S"], 0.0, [put(16.0, 1, 0.1), call(24.0, 1, 4.0), put(20.0, -1, 0.2), call(20.0, -1, 7.0)]
    ),
}
# The short stock counts at its value, or where options bound it at their exercise price.
PUBLISHED_PROCEEDS = {
    "short put and short stock, maintenance, proceeds included": 25_500.0,
    "reverse conversion, maintenance, proceeds included": 11_000.0,
    "reverse conversion with the put in the money": 7_500.0,
}


@pytest.fixture(scope="module")
def given(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "golden" / "options" / "ledgers" / "margin.json").read_text())
    return found


def test_worked_requirements(given: dict[str, Any]) -> None:
    assert {case["name"] for case in given["worked"]} == set(WORKED)
    for case in given["worked"]:
        found = WORKED[case["name"]](case["inputs"])
        total = found.requirement + WITH_PROCEEDS.get(case["name"], 0.0)
        assert total == pytest.approx(case["requirement"], abs=CENT), (case, found)
        if "cash_needed" in case:
            assert found.cash_needed == pytest.approx(case["cash_needed"], abs=CENT), case
        capped = 4_000.0 if case["name"] == "covered_call_maintenance_itm" else 0.0  # "equity counts them at 100,000"
        assert found.capped == capped


def test_published_requirements(given: dict[str, Any]) -> None:
    assert {case["what"] for case in given["cboe_manual_published"]} == set(PUBLISHED)
    for case in given["cboe_manual_published"]:
        found = PUBLISHED[case["what"]](case["inputs"])
        total = found.requirement + PUBLISHED_PROCEEDS.get(case["what"], 0.0)
        assert total == pytest.approx(case["requirement"], abs=CENT), (case, found)
        if "cash_needed" in case:
            assert found.proceeds == pytest.approx(case["proceeds"], abs=CENT), case
            assert found.cash_needed == pytest.approx(case["cash_needed"], abs=CENT), case
