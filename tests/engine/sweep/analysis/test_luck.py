"""The luck of the best set: every figure in plain Python, a reason for every figure there is not, noise and skill."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.sweep.analysis.luck import Luck, luck_of
from hedgebook.engine.sweep.analysis.luck_parts import Against, Chosen, LuckSettings
from hedgebook.engine.sweep.analysis.luck_verdict import (
    ADDS,
    DOUBTFUL,
    LUCK,
    NOTHING,
    STANDS_OUT,
    UNCLEAR,
    UNKNOWN,
    Evidence,
    choice_of,
    finding_of,
    probability_text,
    verdict_text,
)
from hedgebook.engine.sweep.analysis.overfit import SweepCscv, cscv_of_sweep
from hedgebook.engine.sweep.analysis.sharpe_tally import SharpeTally
from hedgebook.engine.sweep.analysis.top import top_k
from hedgebook.errors import InputError, ParameterError
from hedgebook.reports.sweep.luck import spread_rows
from tests.engine.sweep.analysis.sweeps import equal_blocks, in_chunks, moments_by, noise
from tests.oracle import overfitting as oracle

OLD, NEW = "bailey-lopez-de-prado", "lopez-de-prado-lipton-zoonekynd"
FAST = LuckSettings(draws=400)
YEAR = math.sqrt(252)


class Made:
    """A sweep whose returns are known. windows: (N, 2) rows of the calendar on which each set is on."""

    def __init__(self, returns: np.ndarray, windows: np.ndarray | None = None) -> None:
        self.sessions, self.count = returns.shape
        self.windows = np.tile([0, self.sessions - 1], (self.count, 1)) if windows is None else windows
        self.returns = np.zeros_like(returns)
        for k, (first, last) in enumerate(self.windows):
            self.returns[first : last + 1, k] = returns[first : last + 1, k]

    def own(self, k: int) -> list[float]:
        first, last = self.windows[k]
        return [float(x) for x in self.returns[first : last + 1, k]]

    def returns_of(self, rows: np.ndarray) -> np.ndarray:
        return self.returns[:, rows]

    def ratios(self) -> np.ndarray:
        """Annual, NaN for constant returns."""
        own = [self.own(k) for k in range(self.count)]
        return np.array([oracle.sharpe(x) * YEAR if max(x) > min(x) else math.nan for x in own])

    def tally(self) -> SharpeTally:
        tally = SharpeTally()
        tally.add(0, self.ratios(), self.windows[:, 1] - self.windows[:, 0] + 1.0)
        return tally

    def cscv(self, blocks: int) -> SweepCscv | str:
        counts, totals, squares = moments_by(equal_blocks(self.sessions, blocks), self.returns)
        try:
            return cscv_of_sweep(in_chunks(totals, squares, 512), counts)
        except InputError as problem:
            return str(problem)

    def luck(self, blocks: int = 8, metric: str = "sharpe", settings: LuckSettings = FAST) -> Luck:
        values = self.ratios() if metric == "sharpe" else np.prod(1.0 + self.returns, axis=0) - 1.0
        best = top_k(np.nan_to_num(values, nan=-99.0), 100)
        first, last = self.windows[best[0]].tolist()
        chosen = Chosen(int(best[0]), metric, float(values[best[0]]), (first, last))
        return luck_of(chosen, self.tally(), self.returns_of, best, self.cscv(blocks), settings=settings)


def check_json(luck: Luck) -> dict[str, Any]:
    """JSON without NaN, in which every figure that is missing has its reason."""
    figures = luck.to_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    text = " ".join(figures["reasons"])
    for name in ("sharpe", "sharpe_variance", "haircut", "interval", "overfitting", "superiority"):
        assert (figures[name] is None) == (name in figures["reasons"]), name
    for name in ("probabilistic", "minimum_track_record"):
        assert (None in figures[name].values()) == (name in text), name
    for name, value in figures["trials"].items():
        assert (value is None) == (name in figures["reasons"]), name
    for name, by in figures["deflated"].items():
        assert (None not in by.values()) or "deflated" in text or name in figures["reasons"]
        assert (figures["expected_max"][name] is None) == (set(by.values()) == {None})
    return figures


def windows(count: int, sessions: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, sessions // 2, count)
    return np.column_stack([first, first + rng.integers(sessions // 4, sessions // 2, count)])


def test_figures_of_the_chosen_set_are_those_of_its_own_sessions() -> None:
    made = Made(noise(200, 40, 1), windows(40, 200))
    luck = made.luck()
    figures = check_json(luck)
    own = made.own(luck.chosen.index)
    n, ratio = len(own), oracle.sharpe(own)
    skew, kurt = oracle.moments(own)
    assert luck.sessions == n < 200
    assert luck.sharpe == pytest.approx(ratio * YEAR, rel=1e-10)
    assert luck.sharpe == pytest.approx(made.ratios().max(), rel=1e-10)
    assert luck.probabilistic[OLD] == pytest.approx(oracle.probabilistic_sharpe(ratio, 0.0, n, skew, kurt), rel=1e-9)
    centre = oracle.mean(own)
    rho = sum((a - centre) * (b - centre) for a, b in zip(own[1:], own[:-1], strict=True))
    rho /= sum((x - centre) ** 2 for x in own)
    spread = statistics.variance([x / YEAR for x in made.ratios().tolist()])
    assert luck.sharpe_variance == pytest.approx(spread, rel=1e-9)
    z = statistics.NormalDist()
    expected = (1 - 0.5772156649) * z.inv_cdf(1 - 1 / 40) + 0.5772156649 * z.inv_cdf(1 - 1 / (40 * math.e))
    bar = math.sqrt(spread) * expected
    assert luck.expected_max["all sets"] == pytest.approx(bar * YEAR, rel=1e-8)
    old = oracle.probabilistic_sharpe(ratio, bar, n, skew, kurt)
    assert luck.deflated["all sets"][OLD] == pytest.approx(old, rel=1e-8)
    variance = (1 + rho) / (1 - rho) - (1 + rho / (1 - rho) + rho**2 / (1 - rho**2)) * skew * bar
    variance += (1 + rho**2) / (1 - rho**2) * (kurt - 1) / 4 * bar**2
    variance *= oracle.largest_of_normals(40)[1] / n
    assert luck.deflated["all sets"][NEW] == pytest.approx(z.cdf((ratio - bar) / math.sqrt(variance)), rel=1e-6)
    needed = 1 + (1 - skew * ratio + (kurt - 1) / 4 * ratio**2) * (z.inv_cdf(0.95) / ratio) ** 2
    assert luck.minimum_track_record[OLD] == pytest.approx(needed, rel=1e-8)
    assert luck.interval is not None
    assert luck.interval.low < ratio * YEAR < luck.interval.high
    assert set(figures["haircut"]) == {"bonferroni", "holm", "bhy"}
    assert 0.0 <= figures["haircut"]["bonferroni"]["haircut_sharpe"] <= ratio * YEAR


def test_numbers_of_trials_are_named_and_effective_ones_come_from_a_sample() -> None:
    base = noise(250, 5, 3)
    rng = np.random.default_rng(0)
    made = Made(np.repeat(base, 60, axis=1) + rng.normal(0.0, 0.0005, (250, 300)))
    luck = made.luck()
    assert luck.sampled == 200
    assert luck.trials["all sets"] == 300
    assert luck.trials["clusters"] == 5
    assert luck.trials["effective rank"] == pytest.approx(5.0, abs=1.0)
    for convention in (OLD, NEW):
        by_trials = [luck.deflated[name][convention] for name in ("all sets", "clusters")]
        assert by_trials[0] is not None
        assert by_trials[1] is not None
        assert by_trials[0] < by_trials[1]
    again = made.luck()
    assert again.to_dict() == luck.to_dict()


def test_candidates_that_are_copies_are_dropped_and_counted() -> None:
    base = noise(120, 30, 3)
    made = Made(np.repeat(base, 5, axis=1))
    luck = made.luck()
    assert (luck.candidates, luck.copies) == (20, 80)
    assert luck.superiority is not None
    assert len(luck.superiority.table) == 20
    assert luck.superiority.best in luck.superiority.table.index
    assert any("80 candidates were left out" in note for note in luck.notes)
    assert any("20 best distinct sets only" in note for note in luck.notes)


def test_two_thousand_sets_of_noise_are_luck() -> None:
    found = []
    for seed in range(6):
        luck = Made(noise(250, 2000, seed)).luck(10)
        figures = check_json(luck)
        found.append(luck.finding)
        assert luck.sharpe is not None
        assert luck.sharpe > 2.0
        assert figures["probabilistic"][OLD] > 0.99
        assert figures["deflated"]["all sets"][OLD] < 0.95
        assert figures["deflated"]["all sets"][NEW] < 0.95
        assert figures["haircut"]["bhy"]["adjusted_p_value"] > 0.05
    assert STANDS_OUT not in found
    assert found.count(LUCK) >= 5


def test_a_skilled_set_among_two_thousand_is_found() -> None:
    returns = noise(500, 2000, 4)
    returns[:, 777] += 0.007
    luck = Made(returns).luck(10)
    check_json(luck)
    assert luck.chosen.index == 777
    assert luck.finding == STANDS_OUT
    assert luck.superiority is not None
    assert 777 in luck.superiority.superior()
    assert luck.superiority.best == 777
    assert luck.verdict.startswith("The family of 2,000 sets beats luck and cash: ")
    assert luck.choice == ADDS
    assert "Choosing the best set adds something out of sample: " in luck.verdict
    assert luck.overfitting is not None
    assert luck.overfitting.result.pbo == 0.0


def test_chosen_by_another_metric() -> None:
    made = Made(noise(200, 40, 1) * np.linspace(0.5, 3.0, 40))
    luck = made.luck(metric="total_return")
    assert luck.chosen.index == int(np.prod(1 + made.returns, axis=0).argmax())
    assert luck.sharpe == pytest.approx(oracle.sharpe(made.own(luck.chosen.index)) * YEAR, rel=1e-10)
    assert any("chosen by total_return; its luck is measured on its Sharpe ratio" in note for note in luck.notes)
    assert "by total_return" in luck.verdict
    check_json(luck)


def test_the_event_trade_of_22_sessions() -> None:
    made = Made(noise(22, 200, 1), np.column_stack([np.zeros(200, dtype=int), np.arange(200) % 15 + 6]))
    luck = made.luck(16)
    figures = check_json(luck)
    assert luck.overfitting is not None
    assert any("fewer than 5" in note for note in luck.notes)
    assert any("annual figures of so few are rough" in note for note in luck.notes)
    assert figures["superiority"] is not None
    assert luck.finding in (LUCK, DOUBTFUL)


@pytest.mark.parametrize("sessions", [1, 2, 3, 5, 9, 15])
def test_too_few_sessions(sessions: int) -> None:
    luck = Made(noise(sessions, 12, 1)).luck(4)
    figures = check_json(luck)
    assert figures["superiority"] is None
    assert "20" in figures["reasons"]["superiority"]
    if sessions < 4:
        assert figures["sharpe"] is None
        assert luck.finding in (UNKNOWN, LUCK)
        assert "cannot be judged" in luck.verdict or "cannot be told" in luck.verdict


def test_one_set() -> None:
    luck = Made(noise(100, 1, 1)).luck()
    figures = check_json(luck)
    assert figures["probabilistic"][OLD] is not None
    assert figures["deflated"]["all sets"] == {OLD: None, NEW: None}
    assert figures["overfitting"] is None
    assert "Only one set" in figures["reasons"]["deflated"]
    assert luck.finding == UNKNOWN
    assert luck.verdict.startswith("The only set that ran cannot be judged. Only one set has a Sharpe ratio")


def test_sets_that_are_all_the_same() -> None:
    luck = Made(np.repeat(noise(100, 1, 1), 9, axis=1)).luck()
    figures = check_json(luck)
    assert "All sets have the same" in figures["reasons"]["overfitting"]
    assert figures["deflated"]["all sets"] == {OLD: None, NEW: None}
    assert (luck.candidates, luck.copies) == (1, 8)
    assert luck.finding == UNKNOWN


def test_sets_without_a_ratio_count_as_trials() -> None:
    returns = noise(100, 10, 1)
    returns[:, 4:] = 0.0
    luck = Made(returns).luck()
    figures = check_json(luck)
    assert figures["ran"] == 10
    assert luck.sharpe_variance == pytest.approx(
        statistics.variance([oracle.sharpe(returns[:, k].tolist()) for k in range(4)]), rel=1e-9
    )
    nothing = Made(np.zeros((100, 5))).luck()
    figures = check_json(nothing)
    assert figures["sharpe"] is None
    assert "never change" in figures["reasons"]["sharpe"]
    assert nothing.finding == UNKNOWN


def test_a_best_set_that_loses() -> None:
    luck = Made(noise(100, 6, 1) - 0.02).luck()
    figures = check_json(luck)
    assert figures["minimum_track_record"] == {OLD: None, NEW: None}
    assert "not above 0" in figures["reasons"][f"minimum_track_record {OLD}"]
    assert luck.finding == LUCK


def test_without_cross_validation_and_candidates() -> None:
    made = Made(noise(100, 6, 1))
    chosen = Chosen(2, "sharpe", 1.0)
    luck = luck_of(chosen, made.tally(), made.returns_of, [], settings=FAST)
    figures = check_json(luck)
    assert "not asked for" in figures["reasons"]["overfitting"]
    assert "no candidate" in figures["reasons"]["superiority"]
    assert luck.sessions == 100
    with pytest.raises(ParameterError, match="window"):
        luck_of(Chosen(2, "sharpe", 1.0, (50, 100)), made.tally(), made.returns_of, [2], settings=FAST)


def test_the_reference_implementations_series(shared: Path) -> None:
    """Returns from the tests of a published implementation, as the best of two sets."""
    returns = np.loadtxt(shared / "golden" / "overfit" / "psr_returns_for_tests.csv")
    golden = json.loads((shared / "golden" / "overfit" / "sharpe_golden.json").read_text())["package_values_on_csv"]
    luck = Made(np.column_stack([returns, returns[::-1] - 0.01])).luck(4)
    assert luck.chosen.index == 0
    assert luck.sessions == golden["n"]
    assert luck.sharpe == pytest.approx(golden["sr"] * YEAR, rel=1e-12)
    # Their standard error is that of the ratio, as in the probability that it is above 0.
    expected = statistics.NormalDist().cdf(golden["sr"] / golden["sr_std"])
    assert luck.probabilistic[OLD] == pytest.approx(expected, rel=1e-12)


def test_texts() -> None:
    evidence = Evidence((0.9499, 0.96), 0.29, 0.004, stepdown=0.00001, slope=0.123, plateau=0.456)
    text = verdict_text(finding_of(evidence), evidence, ran=12_345, metric="sharpe", reason=None)
    assert text == (
        "The family of 12,345 sets is doubtful: not all measures say that it beats luck and cash: with every set a "
        "trial the deflated Sharpe ratio of its best by sharpe is 94.99% to 96.0% (95% is evidence); sets without "
        "skill do as well with probability 0.0040 (Hansen) and <0.0001 (Romano and Wolf). Whether choosing the best "
        "set adds anything out of sample is unclear: chosen on half of the sessions, it is no better than the median "
        "set on the other half in 29.0% of splits (at most 20% is sound, 50% is chance); a rank higher inside of the "
        "sample is 0.12 higher outside; its neighbours keep 46% of its lead over the median set."
    )
    sure = Evidence((0.9999, 0.999), 0.0, None, null="SPY at a net weight of 98%")
    text = verdict_text(finding_of(sure), sure, ran=20, metric="calmar", reason=None)
    assert text.startswith("The family of 20 sets beats luck and SPY at a net weight of 98%: ")
    assert "is 99.9% to >99.9% (95% is evidence)" in text
    assert "in 0.0% of splits" in text
    unknown = verdict_text(UNKNOWN, Evidence(), ran=1, metric="sharpe", reason=None)
    assert unknown == "The only set that ran cannot be judged. Nothing that tells skill from luck could be computed."


def test_findings() -> None:
    families = {
        STANDS_OUT: [
            Evidence((0.99, 0.97), 0.05, 0.01, stepdown=0.01),
            Evidence((0.99,)),
            # On a plateau the choice is noise, which says nothing against the family.
            Evidence((0.999,), 0.9, 0.0001, stepdown=0.0001, slope=-0.1),
        ],
        DOUBTFUL: [
            Evidence((0.99, 0.9), 0.05, 0.01),
            Evidence((0.5, 0.95)),
            Evidence((0.99,), 0.05, 0.2),
            Evidence((0.99,), 0.05, 0.01, stepdown=0.06),
        ],
        LUCK: [Evidence((0.94,), 0.0, 0.01), Evidence((0.94, 0.5), None, None)],
        UNKNOWN: [Evidence(), Evidence((), 0.1, 0.01)],
    }
    for finding, given in families.items():
        assert [finding_of(evidence) for evidence in given] == [finding] * len(given)
    choices = {
        ADDS: [Evidence((), 0.2), Evidence((), 0.0, slope=-0.03)],
        UNCLEAR: [Evidence((), 0.21), Evidence((), 0.49, slope=0.1)],
        NOTHING: [Evidence((0.99,), 0.5), Evidence((0.99,), 0.9, slope=0.4), Evidence((), 0.3, slope=0.0)],
        UNKNOWN: [Evidence((0.99,), None, slope=0.5)],
    }
    for choice, given in choices.items():
        assert [choice_of(evidence) for evidence in given] == [choice] * len(given)


def test_a_plateau_beats_luck_although_its_choice_is_noise() -> None:
    """Every set has the same edge and little of its own: which one is best is chance."""
    draw = np.random.default_rng(3)
    shared = draw.normal(0.0015, 0.008, (750, 1))
    luck = Made(shared + draw.normal(0.0, 0.001, (750, 200))).luck(10)
    check_json(luck)
    assert luck.finding == STANDS_OUT
    assert luck.choice == NOTHING
    assert luck.overfitting is not None
    assert luck.overfitting.result.pbo > 0.2
    assert luck.verdict.startswith("The family of 200 sets beats luck and cash: ")
    assert "Choosing the best set adds nothing out of sample that could be told from chance: " in luck.verdict


def test_sets_that_follow_their_benchmark_do_not_beat_it() -> None:
    """Long-only sets of a market that rose: ahead of cash, and not of the market at their weight."""
    draw = np.random.default_rng(8)
    market = draw.normal(0.002, 0.008, 750)
    made = Made(market[:, None] + draw.normal(0.0, 0.004, (750, 100)))
    best = np.argsort(-np.array([oracle.sharpe(made.returns[:, k].tolist()) for k in range(100)]))
    chosen = Chosen(int(best[0]), "sharpe", 1.0)
    beside = Against("SPY at a net weight of 100%", lambda rows: np.repeat(market[:, None], len(rows), axis=1))
    cash, spy = (
        luck_of(chosen, made.tally(), made.returns_of, best, settings=FAST, against=one) for one in (None, beside)
    )
    assert cash.null == "cash"
    assert cash.superiority is not None
    assert cash.superiority.spa_consistent <= 0.01
    assert cash.deflated["all sets"][OLD] > 0.95
    assert spy.finding == LUCK
    assert spy.null == "SPY at a net weight of 100%"
    # The slow way: the statistic of the best set's returns beside the market.
    expected = oracle.sharpe((made.returns[:, best[0]] - market).tolist()) * YEAR
    assert spy.sharpe != pytest.approx(expected)
    assert spy.superiority is not None
    assert float(spy.superiority.table["mean_excess"].loc[best[0]]) == pytest.approx(
        float((made.returns[:, best[0]] - market).mean()), rel=1e-9
    )
    assert any("in excess of SPY at a net weight of 100%" in note for note in spy.notes)
    beyond = [oracle.sharpe((made.returns[:, k] - market).tolist()) for k in range(100)]
    assert spy.deflated_variance == pytest.approx(statistics.variance(beyond), rel=1e-9)
    assert spy.to_dict()["deflated_variance"] == spy.deflated_variance
    assert spy.sharpe_variance == cash.sharpe_variance == cash.deflated_variance
    (own,), both = spread_rows(cash), spread_rows(spy)
    assert own == both[0] == ("Deviation of Sharpe ratios", f"{math.sqrt(cash.sharpe_variance or 0.0) * YEAR:.2f}")
    assert both[1] == (
        "Deviation of Sharpe ratios in excess of SPY at a net weight of 100%, which deflates",
        f"{statistics.stdev(beyond) * YEAR:.2f}",
    )


def test_a_probability_never_shows_a_bound_that_it_misses() -> None:
    texts = {
        0.0: "0.0%", 0.0004: "<0.1%", 0.1: "10.0%", 0.1999: "19.99%", 0.2: "20.0%", 0.20001: "20.001%",
        0.4996: "49.96%", 0.5: "50.0%", 0.6897: "69.0%", 0.94996: "94.996%", 0.95: "95.0%", 0.9504: "95.04%",
        0.9996: ">99.9%", 1.0: "100.0%",
    }  # fmt: skip
    assert {share: probability_text(share) for share in texts} == texts
