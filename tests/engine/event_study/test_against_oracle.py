"""Every number of an event study against plain Python, on made-up dirty prices and on the real event."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hedgebook.engine.event_study import EventStudy, StudyOptions, event_study
from hedgebook.engine.event_study.definitions import NAMES
from hedgebook.engine.kernels.series.resample import next_bits, permutation_p, stream
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.prices import load_market
from tests.oracle import event_study as oracle

from .markets import BUCKETS, SESSION_0, dirty_market, event_at

M, GAP = 60, 4
WINDOWS = [(0, 0), (-2, 1), (0, 8)]
TICKERS = (*BUCKETS["maker"], *BUCKETS["seller"])
REGRESSORS = {
    "market": ("SPY",),
    "mean-adjusted": (),
    "market-adjusted": ("SPY",),
    "multi-factor": ("SPY", "SMH", "IBIT", "MTUM"),
}


def returns(market: Market, ticker: str, rows: Sequence[int], kind: str = "close") -> list[float | None]:
    """Simple returns by hand, None where a price is missing."""
    i, out = market.column(ticker), []
    for row in rows:
        start = market.open[row, i] if kind == "open-to-close" else market.close[row - 1, i]
        stop = market.open[row, i] if kind == "gap" else market.close[row, i]
        value = float(stop) / float(start) - 1.0
        out.append(None if math.isnan(value) else value)
    return out


class Expected:
    """What plain Python says about one window of one group."""

    def __init__(
        self,
        market: Market,
        model: str,
        rows: Sequence[int],
        window: Sequence[int],
        *,
        kind: str = "close",
        fec: bool = True,
        estimation: int = M,
        minimum: int = 30,
    ) -> None:
        self.window, self.estimation, self.fec = window, estimation, fec
        self.model, self.known = model, model == "market-adjusted"
        self.factors = [returns(market, ticker, rows, kind) for ticker in REGRESSORS[model]]
        self.parameters = 1 if self.known else 1 + len(self.factors)
        self.sessions, self.minimum = len(rows), minimum
        self.market, self.rows, self.kind = market, rows, kind

    def returns(self, ticker: str) -> list[float | None]:
        return returns(self.market, ticker, self.rows, self.kind)

    def fits(self, tickers: Sequence[str]) -> dict[str, oracle.TickerFit]:
        out = {}
        for ticker in tickers:
            y = self.returns(ticker)
            columns = [y, *self.factors]
            if sum(all(c[t] is not None for c in columns) for t in range(self.estimation)) < self.minimum:
                continue
            fit = oracle.fit_ticker(y, self.factors, self.estimation, known=self.known)
            if all(fit.ar[t] is not None for t in self.window):
                out[ticker] = fit
        return out

    def variance(self, rows: Sequence[int]) -> float:
        if not self.fec:
            return float(len(self.window))
        return oracle.prediction_variance(self.factors, rows, self.window, known=self.known)

    def car(self, fit: oracle.TickerFit) -> float:
        return math.fsum(fit.ar[t] or 0.0 for t in self.window)

    def statistics(self, tickers: Sequence[str]) -> dict[str, float]:
        found = self.fits(tickers)
        fits, n = list(found.values()), len(found)
        cars = [self.car(f) for f in fits]
        scar = [c / (f.deviation * math.sqrt(self.variance(f.rows))) for c, f in zip(cars, fits, strict=True)]
        series = oracle.portfolio_series(fits, self.sessions, self.estimation)
        past = [t for t in range(self.estimation) if series[t] is not None]
        out = {
            "count": n,
            "caar": oracle.mean(cars),
            "portfolio": oracle.portfolio_t(series, self.estimation, self.window, self.parameters, self.variance(past)),
            "corrado-rank": oracle.corrado(fits, self.estimation, self.window)[1],
        }
        if n > 1:
            r = oracle.mean_correlation(fits)
            out |= {
                "correlation": r,
                "kolari-pynnonen": oracle.kolari_pynnonen(scar, r),
                "cross-section": oracle.cross_sectional_t(cars),
                "patell": oracle.patell(scar, [len(f.rows) - self.parameters for f in fits]),
                "bmp": oracle.cross_sectional_t(scar),
                "sign": oracle.sign_z(cars, 0.5),
                "generalised-sign": oracle.sign_z(cars, oracle.positive_share(fits)),
                "generalised-rank": oracle.generalised_rank(fits, scar, self.estimation)[0],
            }
        if n > 1:
            out["wild-bootstrap p"] = oracle.wild_p(cars)
        if len(self.window) == 1:
            out["permutation p"] = oracle.permutation_p(series, self.estimation, self.window)
        return out


def panel_rows(at: int, estimation: int, gap: int, span: tuple[int, int]) -> list[int]:
    return [*range(at - gap - estimation, at - gap), *range(at + span[0], at + span[1] + 1)]


def assert_group(study: EventStudy, group: str, label: str, wanted: dict[str, float], rel: float = 1e-12) -> None:
    tests = study.tests_of(group, label)
    table = study.groups[(study.groups["group"] == group) & (study.groups["window"] == label)].iloc[0]
    near = {"rel": rel, "abs": 1e-12}
    assert table["tickers"] == wanted["count"]
    assert table["caar"] == pytest.approx(wanted["caar"], **near)
    if wanted["count"] > 1:
        assert table["residual_correlation"] == pytest.approx(wanted["correlation"], **near)
    for name in NAMES:
        if name in wanted:
            assert tests.loc[name, "statistic"] == pytest.approx(wanted[name], **near), (group, label, name)
    for name in ("permutation", "wild-bootstrap"):
        if f"{name} p" in wanted:
            assert tests.loc[name, "p_value"] == pytest.approx(wanted[f"{name} p"], abs=1e-12), (group, label, name)


@pytest.fixture(scope="module")
def market() -> Market:
    return dirty_market()


@pytest.mark.parametrize("fec", [True, False])
@pytest.mark.parametrize("model", REGRESSORS)
def test_every_model_window_group_and_test(market: Market, model: str, fec: bool) -> None:
    options = StudyOptions(prediction_error=fec, draws=300)
    study = event_study(
        market,
        event_at(market.sessions[SESSION_0]),
        model=model,
        estimation_sessions=M,
        gap_sessions=GAP,
        window=WINDOWS,
        names=["maker", "seller"],
        options=options,
    )
    rows = panel_rows(SESSION_0, M, GAP, (-2, 8))
    for first, last in WINDOWS:
        label = str(first) if first == last else f"{first}..{last}"
        window = list(range(M + 2 + first, M + 2 + last + 1))
        expected = Expected(market, model, rows, window, fec=fec)
        for group, tickers in (("portfolio", TICKERS), ("maker", TICKERS[:3]), ("seller", TICKERS[3:])):
            assert_group(study, group, label, expected.statistics(tickers))
        mine = study.windows[study.windows["window"] == label].set_index("ticker")
        fits = expected.fits(TICKERS)
        assert set(mine.index) == set(fits)
        for ticker, fit in fits.items():
            error = fit.deviation * math.sqrt(expected.variance(fit.rows))
            y = expected.returns(ticker)
            wanted = [expected.car(fit), error, oracle.buy_and_hold(y, fit.ar, window)]
            assert mine.loc[ticker, ["car", "standard_error", "bhar"]].tolist() == pytest.approx(
                wanted, rel=1e-11, abs=1e-13
            )


@pytest.mark.parametrize("kind", ["open-to-close", "gap"])
def test_parts_of_session_0_are_studies_of_their_own(market: Market, kind: str) -> None:
    study = event_study(
        market,
        event_at(market.sessions[SESSION_0]),
        estimation_sessions=M,
        gap_sessions=GAP,
        window=[kind, (0, 0)],
        names=["maker", "seller"],
    )
    rows = panel_rows(SESSION_0, M, GAP, (0, 0))
    expected = Expected(market, "market", rows, [M], kind=kind)
    for group, tickers in (("portfolio", TICKERS), ("seller", TICKERS[3:])):
        assert_group(study, group, kind, expected.statistics(tickers))
    assert "EEE" not in expected.fits(TICKERS)


def test_permutation_of_several_sessions_near_the_exact_answer() -> None:
    market, at = dirty_market(length=60, dirt=False), 50
    draws = 20_000
    study = event_study(
        market, event_at(market.sessions[at]), estimation_sessions=40, gap_sessions=2, window=(0, 1),
        names=["maker", "seller"], options=StudyOptions(draws=draws),
    )  # fmt: skip
    rows = panel_rows(at, 40, 2, (0, 1))
    expected = Expected(market, "market", rows, [40, 41], estimation=40, minimum=20)
    fits = list(expected.fits(TICKERS).values())
    exact = oracle.permutation_p(oracle.portfolio_series(fits, 42, 40), 40, [40, 41])
    found = study.tests_of().loc["permutation", "p_value"]
    assert abs(found - exact) < 4 * math.sqrt(exact * (1 - exact) / draws) + 1 / draws


def test_wild_bootstrap_of_many_tickers_near_the_exact_answer(market: Market) -> None:
    # Seven tickers have 128 sign patterns; with 99 draws they are sampled instead of counted.
    def p(draws: int, seed: int) -> float:
        study = event_study(
            market, event_at(market.sessions[SESSION_0]), estimation_sessions=M, gap_sessions=GAP,
            names=["maker", "seller"], options=StudyOptions(draws=draws, min_sessions=10, seed=seed),
        )  # fmt: skip
        return float(study.tests_of().loc["wild-bootstrap", "p_value"])

    exact = p(200, 0)
    sampled = [p(99, seed) for seed in range(40)]
    assert len(set(sampled)) > 1
    assert abs(oracle.mean(sampled) - exact) < 4 * math.sqrt(exact * (1 - exact) / (99 * 40)) + 0.01


@pytest.fixture(scope="module")
def real_market(real_prices: Path) -> Market:
    return load_market(real_prices)


class TestTheRealEvent:
    def test_reported_abnormal_returns(self, real_market: Market) -> None:
        study = event_study(real_market, load_events().get("meta-compute-2026"))
        one = study.windows.set_index("ticker")
        assert one.loc["META", "car"] == pytest.approx(0.0919, abs=0.001)
        assert one.loc["META", "t"] == pytest.approx(4.7, abs=0.05)
        assert one.loc["CRWV", "car"] == pytest.approx(-0.133, abs=0.001)
        assert one.loc["NBIS", "car"] == pytest.approx(-0.171, abs=0.001)
        assert study.first_fill.astype(str) == "2026-07-01"
        assert (study.benchmark, study.estimation_sessions) == ("SPY", 250)

    @pytest.mark.parametrize("model", ["market", "multi-factor"])
    def test_every_bucket_against_the_oracle(self, real_market: Market, model: str) -> None:
        market = real_market
        study = event_study(market, load_events().get("meta-compute-2026"), model=model, window=[(0, 0), (0, 5)])
        at = market.session_index("2026-07-01")
        rows = panel_rows(at, 250, 10, (0, 5))
        for last, label in ((0, "0"), (5, "0..5")):
            expected = Expected(market, model, rows, list(range(250, 251 + last)), estimation=250, minimum=125)
            for bucket in ("meta", "neocloud", "memory"):
                tickers = [m.ticker for m in market.universe.bucket(bucket).members]
                assert_group(study, bucket, label, expected.statistics(tickers))


@pytest.mark.parametrize("length", [2, 3, 5])
def test_permutation_never_takes_a_session_twice(length: int) -> None:
    # Six sessions, so that drawing with replacement would show: 3 + 3 + 3 does not exist.
    pool, draws = [3.0, -2.5, 1.0, -0.5, 2.0, -1.0], 100_000
    exact = oracle.permutation_p(pool, 6 - length, range(6 - length, 6))
    found, looked_at = permutation_p(np.array(pool), length, draws, stream(1, 2, 3))
    assert looked_at == draws
    assert abs(found - exact) < 4 * math.sqrt(exact * (1 - exact) / draws) + 1 / draws


def test_streams_are_splitmix_and_differ() -> None:
    # First outputs of SplitMix64 from seed 1234567, as published with its reference implementation.
    state = np.array([1234567], dtype=np.uint64)
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [int(next_bits(state)) for _ in published] == published
    firsts = {int(next_bits(stream(*key))) for key in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, -1, 0))}
    assert len(firsts) == 5
