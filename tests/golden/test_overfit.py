"""Measures of luck against published examples, R's pbo, purgedcv and arch (see PROVENANCE.md)."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.sweep.overfitting.confidence_set import confidence_set
from hedgebook.engine.sweep.overfitting.cscv import cscv_of_returns
from hedgebook.engine.sweep.overfitting.discovery import (
    SharpeHypotheses,
    observed_false_discovery_rate,
    sharpe_test,
    sharpe_test_at_rate,
)
from hedgebook.engine.sweep.overfitting.interval import interval_of_draws
from hedgebook.engine.sweep.overfitting.sharpe import (
    NEW,
    SharpeEstimate,
    deflated_sharpe,
    expected_max_sharpe,
    largest_of_normals,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_standard_error,
)
from hedgebook.engine.sweep.overfitting.superiority import superiority
from tests.oracle import overfitting as oracle

CASES = ("dji30_last2528_S4", "dji30_last2526_S6", "dji30_last2528_S8", "dji30_last2520_S10")
NOISE_CASES = ("pkgtest_852_S4", "pkgtest_852_S8")


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "golden" / "overfit"


@pytest.fixture(scope="module")
def sharpe(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "sharpe_golden.json").read_text()))


@pytest.fixture(scope="module")
def arch(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "arch_bootstrap_golden.json").read_text()))


@pytest.fixture(scope="module")
def dow(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "dji30ret_last2528.csv", index_col=0)


def published(case: dict[str, Any]) -> float:
    args: dict[str, float] = case["args"]
    if case["fn"] == "emax":
        return expected_max_sharpe(args["N"], args["var"])
    estimate = SharpeEstimate(args["sr"], int(args["n"]), args["skew"], args["kurt"])
    if case["fn"] == "psr":
        return probabilistic_sharpe(estimate, args["bench"])
    if case["fn"] == "sr_std":
        return sharpe_standard_error(estimate)
    if case["fn"] == "mintrl":
        return minimum_track_record(estimate, args["bench"], confidence=args["prob"]) / args["per"]
    assert case["fn"] == "dsr"
    return deflated_sharpe(estimate, trials=args["N"], sharpe_variance=args["var"]).probability


def test_published_examples(sharpe: dict[str, Any]) -> None:
    assert len(sharpe["published"]) == 14
    for case in sharpe["published"]:
        found = published(case)
        # One unit of the last printed digit: some are truncated in print.
        assert abs(found - case["expected"]) < 10.0 ** -case["dec"], case
        assert found == pytest.approx(case["recomputed"], rel=1e-12), case


def test_package_values(sharpe: dict[str, Any], folder: Path) -> None:
    golden = sharpe["package_values_on_csv"]
    estimate = SharpeEstimate.of_returns(np.loadtxt(folder / "psr_returns_for_tests.csv"))
    assert estimate.observations == golden["n"]
    assert estimate.sharpe == pytest.approx(golden["sr"], rel=1e-12)
    assert sharpe_standard_error(estimate) == pytest.approx(golden["sr_std"], rel=1e-12)
    assert probabilistic_sharpe(estimate, 0.05) == pytest.approx(golden["psr_bench_005"], rel=1e-12)
    track = minimum_track_record(estimate, 0.05, confidence=0.9)
    assert track == pytest.approx(golden["mintrl_bench005_p90"], rel=1e-12)


def test_sharpe_inference(sharpe: dict[str, Any]) -> None:
    golden = sharpe["sharpe_inference_2026"]
    args, full = golden["args"], golden["full"]
    estimate = SharpeEstimate(args["SR"], args["T"], args["skew"], args["kurt"])
    normal = SharpeEstimate(args["SR"], args["T"])
    rare = SharpeHypotheses(alternative=0.5, prior=0.05)
    found = {
        "sd_nongauss": sharpe_standard_error(estimate, convention=NEW),
        "sd_gauss": sharpe_standard_error(normal, convention=NEW),
        "mintrl_alpha05": minimum_track_record(estimate, convention=NEW),
        "psr_SR0_0": probabilistic_sharpe(estimate, convention=NEW),
        "psr_SR0_01": probabilistic_sharpe(estimate, 0.1, convention=NEW),
        "beta_SR1_05": 1.0 - sharpe_test(estimate, rare).power,
        "pFDR_pH1_05_alpha05": sharpe_test(estimate, rare).false_discovery_rate,
        "oFDR_pH1_05": observed_false_discovery_rate(estimate, rare),
    }
    for name, value in found.items():
        assert value == pytest.approx(golden[name], abs=5.01e-4), name
    assert found["psr_SR0_0"] == pytest.approx(full["psr0"], rel=1e-12)
    assert found["psr_SR0_01"] == pytest.approx(full["psr01"], rel=1e-12)
    assert expected_max_sharpe(10, 0.1) == pytest.approx(full["emax_K10_var01"], rel=1e-12)
    for name, theirs in full["mean_Mk"].items():
        count = int(name)
        found_moments = largest_of_normals(count)
        # The authors' quadrature loses digits where many are tried; plain Simpson's rule agrees with ours.
        mean_error, variance_error = (1e-12, 1e-12) if count <= 10 else (5e-8, 3e-6)
        assert found_moments[0] == pytest.approx(theirs, abs=mean_error)
        assert found_moments[1] == pytest.approx(full["var_factor_Mk"][name], abs=variance_error)
        assert found_moments == pytest.approx(oracle.largest_of_normals(count), abs=1e-11)


@pytest.mark.parametrize("rho", [0.0, 0.2])
def test_sharpe_inference_printed_example(sharpe: dict[str, Any], rho: float) -> None:
    """Every figure that the authors' script prints, with and without autocorrelation."""
    text = sharpe["sharpe_inference_2026"]["numeric_example_stdout"]
    printed = [float(x) for x in re.findall(r"= +(-?\d[\d.]*)(?: +\(.*\))?$", text, re.MULTILINE)]
    printed = printed[: len(printed) // 2] if rho == 0.0 else printed[len(printed) // 2 :]
    args = sharpe["sharpe_inference_2026"]["args"]
    estimate = SharpeEstimate(args["SR"], args["T"], args["skew"], args["kurt"], rho)
    plain = SharpeEstimate(args["SR"], args["T"])
    one = SharpeHypotheses(alternative=0.5, prior=0.1)
    many = SharpeHypotheses(alternative=0.5, prior=0.1, trials=10, sharpe_variance=0.1)
    # The script's second set takes the raised ratios with the variance of a single trial.
    null, alternative = many.raised
    raised = SharpeHypotheses(null=null, alternative=alternative, prior=0.1)
    test = sharpe_test(estimate, one, level=0.1)
    at_rate = [sharpe_test_at_rate(estimate, h, rate=0.25) for h in (one, many, raised)]

    def deviation(ratio: float, trials: int = 1) -> float:
        return math.sqrt(estimate.variance(ratio, convention=NEW, trials=trials))

    expected = [
        *(0.0, 0.5, 0.036, 0.079, args["skew"], args["kurt"], rho, 24, args["SR"]),
        *(deviation(estimate.sharpe), sharpe_standard_error(plain, convention=NEW)),
        *(minimum_track_record(estimate, bar, confidence=0.9, convention=NEW) for bar in (0.0, 0.1)),
        1.0 - probabilistic_sharpe(estimate, convention=NEW),
        *(probabilistic_sharpe(estimate, bar, convention=NEW) for bar in (0.0, 0.1)),
        *(0.0, sharpe_test(plain, one, level=0.1).critical, test.critical, 0.5, test.power, 1.0 - test.power, 0.1),
        *(test.false_discovery_rate, observed_false_discovery_rate(estimate, one)),
        *(10, 0.1, expected_max_sharpe(10, 0.1), null, alternative),
        *(deviation(null, 10), deviation(alternative, 10)),
        deflated_sharpe(estimate, trials=10, sharpe_variance=0.1, convention=NEW).probability,
        observed_false_discovery_rate(estimate, many),
        *(deviation(null), deviation(alternative), probabilistic_sharpe(estimate, null, convention=NEW)),
        observed_false_discovery_rate(estimate, raised),
        *(0.1, 0.25, at_rate[0].level, 1.0 - at_rate[0].power, at_rate[0].critical),
        *(deviation(0.0), deviation(0.5)),
        *(deviation(null, 10), deviation(alternative, 10)),
        *(at_rate[1].level, 1.0 - at_rate[1].power, at_rate[1].critical),
        *(deviation(null), deviation(alternative)),
        *(at_rate[2].level, 1.0 - at_rate[2].power, at_rate[2].critical),
    ]
    assert len(printed) == len(expected)
    np.testing.assert_allclose(printed, expected, atol=5.01e-4)


def test_every_pbo_case_is_used(folder: Path) -> None:
    golden = json.loads((folder / "pbo_golden.json").read_text())
    assert {case["id"] for case in golden["cases"]} == {*CASES, *NOISE_CASES}


@pytest.mark.parametrize("name", [*CASES, *NOISE_CASES])
def test_probability_of_overfitting(folder: Path, dow: pd.DataFrame, name: str) -> None:
    """R's pbo divides ranks by N where the paper has N + 1 and caps infinite logits; ranks, ratios and PBO agree."""
    golden = json.loads((folder / "pbo_golden.json").read_text())
    case = next(case for case in golden["cases"] if case["id"] == name)
    noise = name in NOISE_CASES
    returns = pd.read_csv(folder / "pbo_rnorm_852.csv") if noise else dow.tail(case["n_obs"])
    assert returns.shape == (case["n_obs"], case["n_strat"])
    if noise:
        # That metric takes the rate from the mean alone; the deviation does not change with it.
        found = cscv_of_returns(returns, blocks=case["S"], risk_free=0.03 / 252)
    else:
        found = cscv_of_returns(returns, blocks=case["S"])
    assert len(found.rank) == case["n_combos"]
    assert (found.best + 1).tolist() == case["n_star"]
    pairs = np.column_stack([found.in_sample, found.out_of_sample])
    np.testing.assert_allclose(pairs, case["rn_pairs"], rtol=0, atol=5e-14)
    share = found.rank / case["n_strat"]
    with np.errstate(divide="ignore"):
        theirs = np.minimum(np.log(share / (1.0 - share)), 6.0)
    np.testing.assert_allclose(theirs, case["lambda"], atol=1e-13)
    assert (found.logits[share < 1] <= theirs[share < 1]).all()
    assert found.pbo == pytest.approx(case["phi"], abs=1e-12)
    # It counts losses against a threshold of 0 and rounds to three digits.
    assert round(found.loss_probability, 3) == case["prob_loss"]
    if "purgedcv_0.1.11" in case:
        peer = case["purgedcv_0.1.11"]
        assert found.pbo == pytest.approx(peer["pbo"], abs=1e-12)
        assert found.degradation["slope"] == pytest.approx(peer["slope_oos_on_is"], rel=1e-10)


def draws(sessions: int, block: int, count: int, seed: int, kind: str = "StationaryBootstrap") -> np.ndarray:
    """The sessions that arch draws."""
    import arch.bootstrap

    source = getattr(arch.bootstrap, kind)(block, np.arange(sessions), seed=seed)
    return np.array([data[0][0] for data in source.bootstrap(count)])


def test_arch_draws_are_those_of_the_file(arch: dict[str, Any]) -> None:
    golden = arch["bootstrap_indices_T250_b10_seed7"]
    kinds = {
        "stationary": "StationaryBootstrap",
        "circular": "CircularBlockBootstrap",
        "moving": "MovingBlockBootstrap",
    }
    assert set(golden) == set(kinds)
    for name, kind in kinds.items():
        assert draws(250, 10, len(golden[name]), 7, kind).tolist() == golden[name]


def test_superior_predictive_ability(arch: dict[str, Any], dow: pd.DataFrame) -> None:
    """As they are, and divided by omega as Hansen has it: arch 8.0.0 needs losses that are divided beforehand."""
    drawn = draws(len(dow), 10, 1000, 12345)

    def p_values(benchmark: Any, studentised: bool) -> dict[str, float]:
        found = superiority(dow, benchmark, studentised=studentised, block_length=10, drawn_sessions=drawn)
        return {"lower": found.spa_lower, "consistent": found.spa_consistent, "upper": found.spa_upper}

    assert p_values(None, False) == arch["SPA_vs_zero"]
    scaled = arch["SPA_vs_zero_studentised_by_prescaling"]
    assert p_values(None, True) == scaled["pvalues"]
    found = superiority(dow, block_length=10, drawn_sessions=drawn)
    np.testing.assert_allclose(found.table["omega"], scaled["omega"], rtol=1e-12)
    raw, also_raw = arch["SPA_vs_equal_weight"]
    assert raw["pvalues"] == also_raw["pvalues"]
    assert (raw["studentize"], also_raw["studentize"]) == (True, False)
    assert p_values(dow.mean(axis=1), False) == raw["pvalues"]
    for level in (0.05, 0.5):
        assert found.superior(level) == arch[f"StepM_vs_zero_size{level}"] == []


def test_confidence_set(arch: dict[str, Any], dow: pd.DataFrame) -> None:
    found = confidence_set(dow.iloc[:, :10], block_length=10, seed=12345)
    golden = {dow.columns[int(k)]: p for k, p in arch["MCS_first10_R"].items()}
    assert found.p_values.to_dict() == golden
    assert list(found.p_values.index) == list(golden)


def test_interval(arch: dict[str, Any], dow: pd.DataFrame) -> None:
    values = dow["AA"].to_numpy()
    drawn = values[draws(len(values), 12, 500, 3)]
    ratios = drawn.mean(axis=1) / drawn.std(axis=1, ddof=1) * math.sqrt(252)
    golden = arch["sharpe_AA_conf_int_stationary12_500_seed3"]
    for kind in ("percentile", "basic", "bca"):
        found = interval_of_draws(values, ratios, kind=kind, confidence=0.95, block_length=12)
        assert (found.low, found.high) == pytest.approx(golden[kind], rel=1e-10)
