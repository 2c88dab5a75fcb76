"""Event studies against published packages on one common date: seven companies, March 2020.

Both packages were given log returns, which stand here as the simple returns of made-up prices. Where a package
departs from the textbook, the departure is written out, so that the number still has to agree.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.event_study import EventStudy, StudyOptions, event_study
from hedgebook.engine.event_study.panel import Explained, PanelRows, build_batch
from hedgebook.engine.event_study.run import run_study
from hedgebook.engine.event_study.settings import ReturnKind, StudyModel
from hedgebook.engine.kernels.events.study import window_ranks
from hedgebook.engine.kernels.events.tests import rank_test
from hedgebook.universes.market import Market
from tests.oracle.event_study import average_ranks

from .markets import closes_from, event_at, market_of

FIRMS = ("AMZN", "ZM", "UBER", "NFLX", "SHOP", "FB", "UPWK")
SINGLE = [(d, d) for d in range(5)]
GROWING = [(0, d) for d in range(5)]
MODELS = {"market": "sim", "mean-adjusted": "mean_adj", "market-adjusted": "mrkt_adj"}
M = 240


@pytest.fixture(scope="module")
def rates(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "golden" / "event_study" / "estudy2_rates.csv")


@pytest.fixture(scope="module")
def market(rates: pd.DataFrame) -> Market:
    closes = closes_from(rates[["GSPC", *FIRMS]].to_numpy())
    return market_of(closes, np.full_like(closes, np.nan), {"index": ("GSPC",), "firm": FIRMS}, "GSPC", "2019-04-01")


@pytest.fixture(scope="module")
def sipemu(shared: Path) -> dict[str, Any]:
    raw = (shared / "golden" / "event_study" / "sipemu_on_estudy2.json").read_text()
    found: dict[str, Any] = json.loads(raw)["results"]
    return found


@pytest.fixture(scope="module")
def estudy2(shared: Path) -> dict[str, Any]:
    raw = (shared / "golden" / "event_study" / "estudy2_results.json").read_text()
    found: dict[str, Any] = json.loads(raw)["results"]
    return found


def study(market: Market, model: str = "market", *, fec: bool = True, names: tuple[str, ...] = FIRMS) -> EventStudy:
    options = StudyOptions(prediction_error=fec, draws=99)
    return event_study(
        market,
        event_at("2020-03-16"),
        model=model,
        estimation_sessions=M,
        gap_sessions=0,
        window=[*SINGLE, *GROWING[1:]],
        names=names,
        options=options,
    )


def statistic(found: EventStudy, test: str, windows: list[tuple[int, int]]) -> list[float]:
    labels = [str(a) if a == b else f"{a}..{b}" for a, b in windows]
    return [float(found.tests_of(window=label).loc[test, "statistic"]) for label in labels]


def column(found: EventStudy, name: str, ticker: str, windows: list[tuple[int, int]]) -> list[float]:
    labels = [str(a) if a == b else f"{a}..{b}" for a, b in windows]
    table = found.windows.set_index(["window", "ticker"])[name]
    return [float(table[label, ticker]) for label in labels]


def close_to(golden: list[float]) -> Any:
    return pytest.approx(golden, abs=1e-10, rel=1e-10)


@pytest.mark.parametrize("sample", ["all7", "complete5"])
class TestSipemu:
    def test_models_prediction_errors_and_abnormal_returns(
        self, market: Market, sipemu: dict[str, Any], sample: str
    ) -> None:
        golden = sipemu[sample]
        found = study(market, names=tuple(golden["firms"]))
        for firm, one in golden["per_firm"].items():
            row = found.tickers.loc[firm]
            assert [row["alpha"], row["beta_GSPC"], row["residual_sd"]] == close_to(
                [one["alpha"], one["beta"], one["sigma"]]
            )
            assert (row["sessions"], row["df"]) == (one["n_est"], one["df"])
            assert column(found, "car", firm, SINGLE) == close_to(one["ar"])
            assert column(found, "standard_error", firm, SINGLE) == close_to(one["fec_sigma"])

    def test_one_firm(self, market: Market, sipemu: dict[str, Any], sample: str) -> None:
        # The package divides by the plain residual deviation here.
        golden = sipemu[sample]
        found = study(market, fec=False, names=tuple(golden["firms"]))
        assert column(found, "t", "AMZN", SINGLE) == close_to(golden["ART"]["ar_t"])
        assert column(found, "car", "AMZN", GROWING) == close_to(golden["CART"]["car"])
        assert column(found, "t", "AMZN", GROWING) == close_to(golden["CART"]["car_t"])

    def test_cross_section(self, market: Market, sipemu: dict[str, Any], sample: str) -> None:
        golden = sipemu[sample]
        found = study(market, names=tuple(golden["firms"]))
        assert statistic(found, "cross-section", SINGLE) == close_to(golden["CSect"]["aar_t"])
        assert statistic(found, "cross-section", GROWING) == close_to(golden["CSect"]["caar_t"])
        assert statistic(found, "patell", SINGLE) == close_to(golden["Patell"]["aar_z"])
        caar = found.path[found.path["group"] == "portfolio"]["caar"].to_list()
        assert caar == close_to(golden["CSect"]["caar"])

    def test_patell_of_several_sessions(self, market: Market, sipemu: dict[str, Any], sample: str) -> None:
        # The package adds single standardised returns and ignores that all share the estimated parameters.
        golden = sipemu[sample]
        found = study(market, names=tuple(golden["firms"]))
        for j, value in enumerate(golden["Patell"]["caar_z"]):
            total = 0.0
            for firm in golden["firms"]:
                cars = column(found, "car", firm, SINGLE)[: j + 1]
                errors = column(found, "standard_error", firm, SINGLE)[: j + 1]
                df = found.tickers.loc[firm, "df"]
                total += sum(a / b for a, b in zip(cars, errors, strict=True)) / math.sqrt(df / (df - 2))
            assert total / math.sqrt((j + 1) * len(golden["firms"])) == close_to(value)

    def test_bmp_and_kolari_pynnonen(self, market: Market, sipemu: dict[str, Any], sample: str) -> None:
        # The package standardises by the plain deviation, without prediction errors.
        golden = sipemu[sample]
        found = study(market, fec=False, names=tuple(golden["firms"]))
        assert statistic(found, "bmp", SINGLE) == close_to(golden["BMP"]["bmp_t"])
        assert statistic(found, "bmp", GROWING) == close_to(golden["BMP"]["cbmp_t"])
        assert statistic(found, "kolari-pynnonen", SINGLE) == close_to(golden["KolariPynnonen"]["kp_t"])
        assert statistic(found, "kolari-pynnonen", GROWING) == close_to(golden["KolariPynnonen"]["ckp_t"])

    def test_signs(self, market: Market, sipemu: dict[str, Any], sample: str) -> None:
        golden = sipemu[sample]
        found = study(market, names=tuple(golden["firms"]))
        assert statistic(found, "sign", SINGLE) == close_to(golden["Sign"]["sign_z"])
        assert statistic(found, "sign", GROWING) == close_to(golden["Sign"]["csign_z"])
        assert statistic(found, "generalised-sign", SINGLE) == close_to(golden["GenSign"]["gsign_z"])
        assert statistic(found, "generalised-sign", GROWING) == close_to(golden["GenSign"]["cgsign_z"])

    def test_ranks(self, market: Market, sipemu: dict[str, Any], sample: str) -> None:
        # The package ranks over the estimation window and all five sessions, and repeats the z of the first.
        golden = sipemu[sample]
        ranks = window_ranks(residuals(market, tuple(golden["firms"])), M, M, M + 4)
        for day, value in enumerate(golden["Rank"]["mean_rank"]):
            row = ranks[M + day]
            assert row.mean() == close_to(value)
        out = np.full(40, np.nan)
        rest = np.delete(ranks, M, axis=0)
        rank_test(np.vstack([rest, ranks[M]]), np.arange(len(golden["firms"])), 1, out)
        assert out[12] == close_to(golden["Rank"]["rank_z"][0])


def residuals(market: Market, firms: tuple[str, ...], model: StudyModel = StudyModel.MARKET) -> Any:
    """(M + 5, N) residuals and abnormal returns."""
    proxies = ("GSPC",) if model is StudyModel.MARKET else ()
    benchmark = None if model is StudyModel.MEAN_ADJUSTED else "GSPC"
    rows = PanelRows(M + 1, range(1, M + 1), range(M + 1, M + 6))
    batch = build_batch(market, firms, Explained(model, benchmark, proxies, proxies), rows, ReturnKind.CLOSE_TO_CLOSE)
    windows, groups = np.array([[M, M + 4, 1, 0]]), np.ones((1, len(firms)), dtype=np.bool_)
    return run_study(batch, 100, windows, groups, 99, 0).fits.ar[0]


class TestEstudy2:
    @pytest.mark.parametrize("model", MODELS)
    def test_abnormal_returns(self, market: Market, estudy2: dict[str, Any], model: str) -> None:
        found = study(market, model)
        for firm, one in estudy2[MODELS[model]]["models"].items():
            assert column(found, "car", firm, SINGLE) == close_to(one["abnormal_event"])
            assert found.tickers.loc[firm, "sessions"] == one["estimation_length"]
            if model == "market":
                row = found.tickers.loc[firm]
                golden = one["coefficients"]
                assert [row["alpha"], row["beta_GSPC"]] == close_to([golden["alpha"], golden["beta"]])

    @pytest.mark.parametrize("model", MODELS)
    def test_portfolio_t(self, market: Market, estudy2: dict[str, Any], model: str) -> None:
        # Known slip: n - 1 for the market model, too, which has two parameters. No prediction error either.
        slip = math.sqrt((M - 1) / (M - 2)) if model == "market" else 1.0
        golden = estudy2[MODELS[model]]
        found = study(market, model, fec=False)
        ours = [slip * t for t in statistic(found, "portfolio", SINGLE)]
        assert ours == close_to(golden["parametric"]["bw_1985_stat"])
        if golden["car_parametric"]:
            at = golden["car_parametric"]["name"].index("car_brown_warner_1985")
            assert slip * statistic(found, "portfolio", [(0, 4)])[0] == close_to(
                golden["car_parametric"]["statistic"][at]
            )

    @pytest.mark.parametrize("model", MODELS)
    def test_independent_deviations(self, market: Market, estudy2: dict[str, Any], model: str) -> None:
        # Brown and Warner (1980) with tickers taken as independent, from the table of tickers; the same slip.
        found = study(market, model, fec=False)
        table = found.tickers
        slip = (table["df"] / (table["sessions"] - 1)).to_numpy()
        error = math.sqrt(float((table["residual_sd"] ** 2 * slip).sum())) / len(FIRMS)
        means = [found.abnormal.loc[d].mean() / error for d in range(5)]
        assert means == close_to(estudy2[MODELS[model]]["parametric"]["bw_1980_stat"])

    @pytest.mark.parametrize("model", MODELS)
    def test_cross_section_and_signs(self, market: Market, estudy2: dict[str, Any], model: str) -> None:
        golden = estudy2[MODELS[model]]
        found = study(market, model)
        assert statistic(found, "cross-section", SINGLE) == close_to(golden["parametric"]["t_test_stat"])
        assert statistic(found, "sign", SINGLE) == close_to(golden["nonparametric"]["sign_stat"])

    @pytest.mark.parametrize("model", MODELS)
    def test_generalised_sign(self, market: Market, estudy2: dict[str, Any], model: str) -> None:
        # The package pools all residuals, where Cowan takes the mean of the firms' shares.
        ar = residuals(market, FIRMS, StudyModel(model))
        past = ar[:M][np.isfinite(ar[:M])]
        share, n = float((past > 0).mean()), len(FIRMS)
        wins = [(s * math.sqrt(0.25 * n)) + 0.5 * n for s in statistic(study(market, model), "sign", SINGLE)]
        pooled = [(w - n * share) / math.sqrt(n * share * (1 - share)) for w in wins]
        assert pooled == close_to(estudy2[MODELS[model]]["nonparametric"]["gsign_stat"])

    def test_patell_and_bmp(self, market: Market, estudy2: dict[str, Any], rates: pd.DataFrame) -> None:
        # Known slip: n - 1 in the residual deviation. And the market's moments are those of all 240 sessions,
        # also for a firm that was listed later.
        golden, found = estudy2["sim"]["parametric"], study(market, fec=False)
        index = rates["GSPC"].to_numpy()[: M + 5]
        centre = index[:M].mean()
        squares = np.square(index[:M] - centre).sum()
        df, used = found.tickers["df"], found.tickers["sessions"]
        patell, bmp = [], []
        for day in range(5):
            ar = found.abnormal.loc[day]
            spread = 1.0 + 1.0 / used + (index[M + day] - centre) ** 2 / squares
            sar = ar / (found.tickers["residual_sd"] * np.sqrt(df / (used - 1)) * np.sqrt(spread))
            patell.append(float(sar.sum() / np.sqrt((df / (df - 2)).sum())))
            bmp.append(float(sar.mean() / sar.std(ddof=1) * math.sqrt(len(FIRMS))))
        assert patell == close_to(golden["pt_stat"])
        assert bmp == close_to(golden["bh_stat"])
        # What the slips amount to.
        assert statistic(study(market), "patell", SINGLE) == pytest.approx(golden["pt_stat"], rel=0.005)

    @pytest.mark.parametrize("model", MODELS)
    def test_ranks(self, market: Market, estudy2: dict[str, Any], model: str) -> None:
        # The package divides by the mean number of a firm's sessions instead of the number of sessions, and
        # weighs sessions by how many firms they have; its plain variant ranks without dividing by n + 1.
        golden = estudy2[MODELS[model]]
        ar = residuals(market, FIRMS, StudyModel(model))
        plain, modified = np.full_like(ar, np.nan), np.full_like(ar, np.nan)
        for i in range(ar.shape[1]):
            there = np.isfinite(ar[:, i])
            ranks = np.array(average_ranks(ar[there, i].tolist()))
            plain[there, i] = ranks - ranks.mean()
            modified[there, i] = ranks / (len(ranks) + 1) - 0.5
        assert modified == pytest.approx(window_ranks(ar, M, M, M + 4), nan_ok=True, abs=1e-14)
        counts = np.isfinite(ar).sum(axis=1)
        mean_length = np.isfinite(ar).sum(axis=0).mean()
        for ranks_of, power, name in ((plain, 1.0, "rank_stat"), (modified, 0.5, "mrank_stat")):
            series = np.nanmean(ranks_of, axis=1) * len(FIRMS) / counts**power
            z = series[M:] / math.sqrt(np.square(series).sum() / mean_length)
            assert z.tolist() == close_to(golden["nonparametric"][name])
