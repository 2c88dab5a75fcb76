"""Shipped trades on shipped events, real prices: everything that is asked of a run adds up and agrees with the rest."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.cli.commands.run import _print as print_run
from hedgebook.engine.verify.vectorbt import verify_frames
from hedgebook.reports.page.numbers import percent

# One pair a kind: each trade, each timing of news, both accounts; a tail without a mean, an entry without an open, and
# a history too short for any tail.
PAIRS = [
    ("long-meta-short-neocloud", "meta-compute-2026", "plain"),
    ("long-meta-short-memory", "oracle-capex-2025", "strict"),
    ("long-meta-short-equipment", "deepseek-2025", "plain"),
    ("long-meta-short-miner", "openai-ipo-slip-2026", "strict"),
    ("long-meta-short-compute", "microsoft-leases-2025-03", "plain"),
    ("long-hyperscaler-short-neocloud", "meta-google-tpu-2025", "strict"),
]


@pytest.fixture(scope="module")
def market(real_prices: Path) -> hb.Market:
    return hb.load_market(real_prices)


def adds_up(parts: dict[str, float], total: float) -> None:
    assert math.fsum(parts.values()) == pytest.approx(total, abs=1e-3)


def check_summary(summary: dict[str, Any], run: hb.Run) -> None:
    """P&L by anything is the change of NAV, and every figure follows from NAV at closes."""
    gain, causes = summary["final_nav"] - summary["capital"], summary["pnl_by_cause"]
    for name in ("pnl_by_leg", "pnl_by_bucket", "pnl_by_ticker"):
        adds_up({**summary[name], "interest": causes["interest"]}, gain)
    adds_up(causes, gain)
    adds_up(summary["pnl_by_factor"], gain)
    for cause, paid in summary["costs"].items():
        assert paid == pytest.approx(-causes[cause], abs=1e-6), cause
    trading = sum(summary["costs"][name] for name in ("commission", "spread", "slippage", "impact"))
    assert sum(fill["cost"] for fill in summary["fills"]) == pytest.approx(trading, abs=1e-6)
    levels = run.levels.to_numpy()
    returns = levels[1:] / levels[:-1] - 1.0
    expected = {
        "sessions": len(returns),
        "total_return": levels[-1] / levels[0] - 1.0,
        "volatility_annual": float(np.std(returns, ddof=1)) * math.sqrt(252),
        "sharpe": float(np.mean(returns) / np.std(returns, ddof=1)) * math.sqrt(252),
        "max_drawdown": float(np.min(levels / np.maximum.accumulate(levels) - 1.0)),
        "best_session": float(returns.max()),
        "worst_session": float(returns.min()),
    }
    for name, value in expected.items():
        assert summary[name] == pytest.approx(value, rel=1e-9), name
    risk = summary["risk_at_entry"]
    for name in ("by_factor", "by_ticker", "by_bucket") if risk else ():
        adds_up({key: part["contribution"] for key, part in risk[name].items()}, risk["volatility_annual"])


def check_risk(report: Any, run: hb.Run) -> None:
    """ES is no smaller than VaR, parts of it add up, scenarios are sums of tickers; no gap without a reason."""
    found = report.to_dict()
    for row in found["var"]:
        assert row["note"] or None not in (row["var_frac"], row["es_frac"]), row
        if row["es_frac"] is not None:
            assert row["es_frac"] >= row["var_frac"] - 1e-12, row
    assert found["verdicts"] or found["notes"]
    assert all(verdicts or found["notes"] for verdicts in found["verdicts"].values())
    history = {row["confidence"]: row for row in found["var"] if row["method"] == "historical"}[0.95]
    parts = [row for row in found["by_position"] if row["ticker"] in run.plan.weights()]
    if history["es_frac"] is None:
        assert parts == []
        assert any("to split by position" in note for note in found["notes"])
    else:
        adds_up({row["ticker"]: row["component_es"] for row in parts}, history["es_frac"])
        adds_up({row["ticker"]: row["share_var"] for row in parts}, 1.0)
    replays = found["replays"]
    results = found["scenarios"] + [one["result"] for one in replays if one["result"] is not None]
    for one in results:
        adds_up({row["ticker"]: row["pnl_usd"] for row in one["tickers"]}, one["pnl_usd"])
        assert one["worst_frac"] <= one["pnl_frac"] + 1e-12, one["name"]
    assert all(one["reason"] for one in replays if one["result"] is None)
    assert all(one["later"] or one["first_fill"] <= str(run.trade_plan.known_at) for one in replays)


def check_league(league: Any, run: hb.Run) -> None:
    """The method of the trade has the return of the trade, and every other one a return or a reason."""
    rows = {row["method"]: row for row in league.to_dict()["runs"]}
    assert all((row["problem"] is None) == (row.get("total_return") is not None) for row in rows.values())
    own = rows[run.plan.hedge.method.value]
    assert own["total_return"] == pytest.approx(run.to_dict()["total_return"], rel=1e-12)
    split = league.factor_pnl
    parts = split.drop(columns=["event", "method", "total"]).sum(axis=1)
    assert parts.tolist() == pytest.approx(split["total"].tolist(), abs=1e-9)


@pytest.mark.parametrize(("name", "event", "account"), PAIRS, ids=[f"{pair[0]}-{pair[1]}" for pair in PAIRS])
def test_everything_said_of_a_shipped_pair_agrees(
    market: hb.Market, name: str, event: str, account: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = hb.backtest(hb.trade(name, event=event), market, account=account)
    summary = run.to_dict()
    check_summary(summary, run)
    saved = hb.load_run(run.save(tmp_path / "run"))
    assert saved.to_dict() == json.loads(json.dumps(summary, allow_nan=False))
    found = verify_frames(saved.nav, saved.fills, saved.positions, summary["capital"], saved.pnl_long, saved.to_dict())
    assert found.passed, found.mismatches
    assert run.verify().passed
    print_run(run, tmp_path / "run")
    terminal, page = capsys.readouterr().out, (tmp_path / "run" / "report.html").read_text()
    for figure in ("total_return", "max_drawdown", "worst_session", "best_session", "hit_rate"):
        assert percent(summary[figure]) in terminal, figure
        assert percent(summary[figure]) in page, figure
    check_risk(hb.risk(run, paths=200, sessions=20, account=account), run)
    check_league(hb.hedges(run.trade, market, account=account), run)
