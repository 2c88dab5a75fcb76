"""P&L of options by cause against closed forms of 50 digits (see PROVENANCE.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook import options

CAUSES = {"delta": "delta_options", "gamma": "gamma", "vega": "vega", "theta": "theta", "carry": "borrow_remark"}


@pytest.fixture(scope="module")
def given(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "golden" / "options" / "ledgers" / "pnl_explain.json").read_text())
    return found


@pytest.mark.parametrize("second_order", [False, True])
def test_three_days_of_puts(given: dict[str, Any], second_order: bool) -> None:
    inputs = given["inputs"]
    spot, vol, borrow, left = (np.array([day[x] for day in inputs["days"]]) for x in ("S", "vol", "borrow", "left"))
    puts = options.Contracts("put", spot, inputs["K"], left / 365, inputs["r"], borrow, vol)
    shares, steps = inputs["contracts"] * inputs["multiplier"], given["steps"]
    found = options.explain_moves(
        puts.some([0, 1, 2]), puts.some([1, 2, 3]), shares, [step["calendar_days"] for step in steps],
        american_style=False, second_order=second_order,
    )  # fmt: skip
    kind = "taylor_second_order" if second_order else "taylor"
    more = {"vanna": "vanna", "volga": "volga"} if second_order else {}
    for ours, theirs in {**CAUSES, **more, "rest": "residual"}.items():
        np.testing.assert_allclose(found[ours], [step[kind][theirs] for step in steps], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["total"], [step["options_pnl"] for step in steps], rtol=0, atol=1e-9)


def test_a_run_explains_the_same_days(given: dict[str, Any], tmp_path: Path) -> None:
    """The ledger of the same book: puts by their causes, shares by their move, the fee of the short shares."""
    from hedgebook.engine.account import Account
    from hedgebook.engine.backtest.holdings import Holdings
    from hedgebook.engine.frictions.borrow import Borrow
    from hedgebook.engine.frictions.costs import Costs

    from .test_option_ledgers import market_of

    inputs, fees = given["inputs"], tmp_path / "fees.csv"
    days = inputs["days"]
    names = [day["day"] for day in days]
    market = market_of({"prices": {day["day"]: {"AAA": day["S"]} for day in days}}, "AAA", None)
    put = options.Listed("AAA", np.datetime64(names[0]) + days[0]["left"], "put", inputs["K"], american=False)
    table = {name: np.array([[day[key]] for day in days]) for name, key in (("spot", "S"), ("vol_annual", "vol"))}
    table["carry_annual"] = np.array([[day["borrow"]] for day in days])
    table["years"] = np.array([[day["left"] / 365] for day in days])
    table["rate_annual"] = np.full((len(days), 1), inputs["r"])
    terms = (table[x][:, 0] for x in ("years", "rate_annual", "carry_annual", "vol_annual"))
    mid = options.european(options.Contracts("put", table["spot"][:, 0], inputs["K"], *terms))["price"].to_numpy()
    marks = options.ArrayMarks([put], names, close=mid[:, None], terms=table)
    rows = [f"{day['day']},AAA,{day['borrow']}" for day in days]
    fees.write_text("\n".join(["date,ticker,rate_annual", *rows]))
    run = options.run_options(
        market,
        [options.OptionTrade(put, names[0], "close", inputs["contracts"])],
        marks,
        Costs(borrow=Borrow(file=fees)),
        Account(capital_usd=1e6),
        beside=options.StockBeside(holdings=Holdings({"AAA": float(inputs["shares"])})),
        terms=options.OptionTerms(per_contract_usd=0.0),
    )
    found = run.explain().iloc[1:]
    for ours, theirs in {**CAUSES, "rest": "residual"}.items():
        np.testing.assert_allclose(found[ours], [step["taylor"][theirs] for step in given["steps"]], rtol=0, atol=1e-7)
    np.testing.assert_allclose(found["stock"], [step["shares_pnl"] for step in given["steps"]], rtol=0, atol=1e-7)
    np.testing.assert_allclose(found["borrow"], [s["borrow_fee_paid"] for s in given["steps"]], rtol=0, atol=1e-7)
    np.testing.assert_allclose(found["total"], [step["total_pnl"] for step in given["steps"]], rtol=0, atol=1e-7)
    parts = found.drop(columns="total").sum(axis=1)
    np.testing.assert_allclose(parts, found["total"], rtol=0, atol=1e-9 * run.capital)
