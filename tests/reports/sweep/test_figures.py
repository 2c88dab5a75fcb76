"""The figures of a sweep against the table of all sets and single runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.reports.page.figure import Figure
from hedgebook.reports.sweep.cscv import MOST_POINTS, degradation_figure, ranks_figure
from hedgebook.reports.sweep.effects import effects
from hedgebook.reports.sweep.figures import distribution_figure, marginal_figure, paths_figure
from hedgebook.reports.sweep.maps import heat_map_figure, parallel_figure
from hedgebook.reports.sweep.out_of_sample import out_of_sample_figure
from hedgebook.reports.sweep.page import sweep_sections

from ..sweeps import SHAPES, TRADE, known, sweep_of


@pytest.mark.parametrize("shape", SHAPES)
def test_every_figure_is_one_that_plotly_knows_and_tells_the_luck_of_the_best(shape: str) -> None:
    import plotly.graph_objects as go

    figures = [figure for part in sweep_sections(sweep_of(shape)) for figure in part.figures]
    assert len({figure.name for figure in figures}) == len(figures) > 0
    for figure in figures:
        assert len(go.Figure(figure.spec).data) == len(figure.data)
        if "best set" in figure.caption or "the best" in figure.caption:
            assert "PBO" in figure.caption, figure.name
            assert "deflated Sharpe" in figure.caption, figure.name


@pytest.mark.parametrize("shape", ["grid", "large", "drawdown", "turnover"])
def test_the_distribution_counts_every_set(shape: str) -> None:
    result = sweep_of(shape)
    figure = distribution_figure(result)
    values = known(result)[result.metric]
    bars = figure.data[0]
    assert sum(bars["y"]) == pytest.approx(1.0, abs=1e-12)
    half = bars["width"] / 2
    # Away from the outermost bars, which hold what lies beyond, a bar counts what lies within it.
    for x, share in list(zip(bars["x"], bars["y"], strict=True))[1:-1]:
        inside = ((values > x - half + 1e-12) & (values < x + half - 1e-12)).mean()
        around = ((values >= x - half - 1e-12) & (values <= x + half + 1e-12)).mean()
        assert inside - 1e-12 <= share <= around + 1e-12
    lines = [shape["x0"] for shape in figure.layout["shapes"]]
    assert lines[0] == values.iloc[0]
    if result.metric == "sharpe":
        expected = result.luck.expected_max["all sets"]
        assert lines[1:] == [expected]
        assert figure.layout["xaxis"]["range"][1] > expected
    else:
        assert len(lines) == 1


def test_panels_hold_mean_median_and_best_by_value() -> None:
    result = sweep_of("grid")
    found = effects(result)
    figure = marginal_figure(result, found)
    assert len(figure.data) == 3 * len(result.axes)
    table = known(result)
    for k, one in enumerate(found):
        traces = {trace["name"]: trace for trace in figure.data[3 * k : 3 * k + 3]}
        column = table[one.axis].astype(str).where(table[one.axis].notna(), "none")
        for name, how in (("mean", "mean"), ("median", "median"), ("best", "max")):
            wanted = table.groupby(column)["sharpe"].agg(how)
            shown = dict(zip(one.values, traces[name]["y"], strict=True))
            for value, height in wanted.items():
                key = str(value).removesuffix(".0")
                assert shown[key] == pytest.approx(height, rel=1e-12), (one.axis, value)
    holds = next(one for one in found if one.axis == "hold")
    assert list(holds.values) == [str(hold) for hold in range(5, 25)]
    assert next(one for one in found if one.axis == "stop_loss").values[0] == "none"


def test_values_that_no_set_could_be_ranked_at_are_gaps() -> None:
    result = sweep_of("large")
    found = effects(result)
    hold = next(k for k, one in enumerate(found) if one.axis == "hold")
    mean = marginal_figure(result, found).data[3 * hold]
    assert mean["y"][:3] == [None, None, None]
    assert all(height is not None for height in mean["y"][4:])


def test_the_map_shows_the_two_parameters_that_matter_most() -> None:
    result = sweep_of("grid")
    table = known(result)
    names = [axis.name for axis in result.axes]
    keys = {name: table[name].astype(str).where(table[name].notna(), "none") for name in names}
    spread = {name: np.ptp(table.groupby(keys[name])["sharpe"].mean().to_numpy()) for name in names}
    first, second = sorted(names, key=lambda name: -spread[name])[:2]
    figure = heat_map_figure(result, effects(result))
    assert figure is not None
    assert f"by {first} and {second}, the two" in figure.caption
    heat, *_, star = figure.data
    by_name = {one.axis: one for one in effects(result)}
    if len(by_name[first].values) > len(by_name[second].values):
        first, second = second, first
    means = table.groupby([keys[first], keys[second]])["sharpe"].mean()
    for (row, column), mean in zip(list(means.index), means.tolist(), strict=True):
        y = by_name[first].values.index(str(row).removesuffix(".0"))
        x = by_name[second].values.index(str(column).removesuffix(".0"))
        assert heat["z"][y][x] == pytest.approx(mean, rel=1e-12)
    best = result.best.parameters
    at = [by_name[name].values.index("none" if best[name] is None else f"{best[name]}") for name in (first, second)]
    assert (star["y"], star["x"]) == ([at[0]], [at[1]])
    rings = figure.data[-2]
    cells = list(zip(rings["x"], rings["y"], strict=True))
    assert cells
    assert (star["x"][0], star["y"][0]) not in cells


@pytest.mark.parametrize("shape", ["one_axis", "single"])
def test_one_parameter_has_no_map(shape: str) -> None:
    assert heat_map_figure(sweep_of(shape), effects(sweep_of(shape))) is None


def test_lines_run_through_the_values_of_the_best_sets() -> None:
    result = sweep_of("continuous")
    figure = parallel_figure(result)
    ordered = known(result).head(40)
    assert len(figure.data) == 40
    low, high = ordered["sharpe"].min(), ordered["sharpe"].max()
    # The best set is drawn last.
    for trace, (_, row) in zip(reversed(figure.data), ordered.iterrows(), strict=True):
        hold, gross, stop, metric = trace["x"]
        assert hold == pytest.approx((row["hold"] - 5) / 25, abs=1e-4)
        assert gross == pytest.approx(row["gross"] - 0.5, abs=1e-4)
        assert stop == pytest.approx((row["stop_loss"] - 0.02) / 0.08, abs=1e-4)
        assert metric == pytest.approx((row["sharpe"] - low) / (high - low), abs=1e-4)
    assert figure.data[-1]["line"]["width"] > figure.data[0]["line"]["width"]


def test_names_on_axes_are_texts() -> None:
    figure = parallel_figure(sweep_of("categorical"))
    texts = [mark["text"] for mark in figure.layout["annotations"]]
    assert "dollar" in texts
    assert "neocloud" in texts
    assert figure.layout["yaxis"]["ticktext"] == ["hedge", "short", "<b>sharpe</b>"]


def test_the_paths_are_those_of_single_runs() -> None:
    result = sweep_of("grid")
    figure = paths_figure(result)
    best, *others = reversed(figure.data)
    run = hb.backtest(hb.trade(TRADE, **result.best.parameters), hb.sample_market())
    levels = (run.nav["nav_close"] / run.backtest.capital - 1.0).tolist()
    assert best["name"] == f"set {result.best.index} (best)"
    assert best["y"][0] == 0.0
    assert best["y"][1 : len(levels) + 1] == pytest.approx(levels, abs=1e-7)
    assert best["y"][len(levels) + 1 :] == pytest.approx([levels[-1]] * (len(best["y"]) - len(levels) - 1), abs=1e-7)
    ends = [best["y"], *(line["y"] for line in others)]
    assert len(ends) <= 10
    assert len({tuple(line) for line in ends}) == len(ends)
    for line in others:
        index = int(line["name"].removeprefix("set "))
        assert line["y"][-1] == pytest.approx(result.table.loc[index, "total_return"], abs=1e-7)


def test_copies_of_the_best_are_left_out_of_the_paths() -> None:
    result = sweep_of("grid")
    # Stops that never fire make copies, so that the ten best sets have fewer outcomes than ten.
    tops = known(result).head(10)
    assert tops["total_return"].round(12).nunique() < 10
    assert len(paths_figure(result).data) == 10


def test_ranks_outside_are_counted() -> None:
    result = sweep_of("large")
    cross = result.luck.overfitting
    figure = ranks_figure(result)
    assert cross is not None
    assert figure is not None
    heights = [0.0] * 20
    for rank in cross.result.rank.tolist():
        heights[min(int(20 * rank / (cross.result.strategies + 1)), 19)] += 1 / len(cross.result.rank)
    assert figure.data[0]["y"] == pytest.approx(heights, abs=1e-3)
    assert sum(figure.data[0]["y"]) == pytest.approx(1.0)


def test_chosen_sets_inside_and_outside_are_annual_and_thinned() -> None:
    result = sweep_of("large")
    cross = result.luck.overfitting
    figure = degradation_figure(result)
    assert cross is not None
    assert figure is not None
    dots, line = figure.data
    assert len(dots["x"]) == MOST_POINTS < len(cross.result.best)
    year = math.sqrt(252)
    inside, outside = cross.result.in_sample * year, cross.result.out_of_sample * year
    pairs = {(round(x, 6), round(y, 6)) for x, y in zip(inside.tolist(), outside.tolist(), strict=True)}
    assert set(zip(dots["x"], dots["y"], strict=True)) <= pairs
    slope, intercept = np.polyfit(inside, outside, 1)
    assert line["y"] == pytest.approx([intercept + slope * x for x in line["x"]], rel=1e-6)
    assert "2,000 of 12,870 splits" in figure.caption


def drawn(shape: str) -> Figure:
    figure = out_of_sample_figure(sweep_of(shape))
    assert figure is not None
    return figure


def test_the_stitched_return_follows_the_chosen_sets() -> None:
    result = sweep_of("walk")
    found = result.out_of_sample
    assert found is not None
    assert found.returns is not None
    (line,) = drawn("walk").data
    level, path = 1.0, [0.0]
    for value in found.returns[0].tolist():
        if value == value:
            level *= 1.0 + value
            path.append(level - 1.0)
    assert line["y"] == pytest.approx(path, abs=1e-7)
    assert 150 < len(path) < 300
    assert line["text"][0] == "start"


def test_every_path_of_cpcv_is_drawn_and_the_middle_one_marked() -> None:
    found = sweep_of("cpcv").out_of_sample
    assert found is not None
    assert found.returns is not None
    lines = drawn("cpcv").data
    ends = sorted(float(np.prod(1.0 + row) - 1.0) for row in found.returns)
    assert len(lines) == len(ends) == 5
    assert sorted(line["y"][-1] for line in lines) == pytest.approx(ends, abs=1e-7)
    assert lines[-1]["y"][-1] == pytest.approx(ends[2], abs=1e-7)


def test_events_stand_side_by_side() -> None:
    found = sweep_of("events").out_of_sample
    assert found is not None
    inside, median, outside = drawn("events").data
    assert inside["x"] == found.in_sample.tolist()
    assert median["x"] == found.median.tolist()
    assert outside["x"] == found.out_of_sample.tolist()


def test_parameters_that_were_drawn_anywhere_are_mapped_by_ranges() -> None:
    result = sweep_of("continuous")
    figure = heat_map_figure(result, effects(result))
    assert figure is not None
    heat, star = figure.data
    table = known(result)
    by_name = {one.axis: one for one in effects(result)}
    first, second = sorted([one.axis for one in effects(result)[:2]], key=lambda name: len(by_name[name].values))
    ranges = {"gross": (0.5, 1.5), "stop_loss": (0.02, 0.1)}

    def place(name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        values = table[name].to_numpy(dtype=float)
        if name == "hold":
            return values.astype(np.int64) - 5
        low, high = ranges[name]
        return np.minimum(((values - low) / (high - low) * 10).astype(np.int64), 9)

    means = table.groupby([place(first), place(second)])["sharpe"].mean()
    drawn_cells = {(y, x): v for y, row in enumerate(heat["z"]) for x, v in enumerate(row) if v is not None}
    assert set(drawn_cells) == set(means.index)
    for cell, mean in means.items():
        assert drawn_cells[cell] == pytest.approx(mean, rel=1e-12)
    best = table.index.get_loc(result.best.index)
    assert (star["y"], star["x"]) == ([place(first)[best]], [place(second)[best]])
    assert "rings" not in figure.caption
