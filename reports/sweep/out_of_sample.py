"""A sweep judged out of sample: tables and figures of what became of the sets that were chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.sweep.out_of_sample.judged import OutOfSample
from hedgebook.engine.sweep.result import SweepResult

from ..page.axes import axis, title, zero_axis
from ..page.figure import BLUE, GREY, ORANGE, SLATE, Figure, label, layout
from ..page.numbers import UNDEFINED, count, number, percent
from ..page.table import Column, Table, columns
from ..run.equity import LINE
from .days import day_axis, days_of, path_of
from .words import luck_words, measure_name, measure_text, probability, tick_format, value_text, varying

MOST_SPLITS, MOST_PATHS = 60, 60
SCHEMES = {
    "walk-forward": "walk-forward",
    "cpcv": "combinatorial purged cross-validation",
    "events": "leave one event out",
}


def judged_text(found: OutOfSample, value: float) -> str:
    """The metric of a split; a mean return of a session needs more digits."""
    return percent(value, 3) if found.metric == "mean" else measure_text(found.metric, value)


def summary_table(result: SweepResult) -> Table:
    """What the splits say together."""
    found = result.out_of_sample
    assert found is not None
    plain = found.to_dict()
    metric = "mean return of a session" if found.metric == "mean" else measure_name(found.metric)

    def text(name: str) -> str:
        return UNDEFINED if plain[name] is None else judged_text(found, float(plain[name]))

    def both(values: NDArray[np.float64]) -> str:
        known = values[np.isfinite(values)]
        texts = [judged_text(found, float(f(known))) for f in (np.mean, np.median)] if known.size else [UNDEFINED] * 2
        return " / ".join(texts)

    rows = [
        (f"Splits ({SCHEMES[found.scheme]})", count(plain["splits"])),
        ("Chosen sets in training, mean / median split", both(found.in_sample)),
        ("Chosen sets in the test, mean / median split", both(found.out_of_sample)),
        ("Median of all sets in the test, mean / median split", both(found.median)),
        ("Lost from training to test, mean", text("degradation")),
        ("Chosen set at or below the middle of all sets", f"{probability(plain['below_median_share'])} of splits"),
        ("Relative rank of the chosen set, median", number(plain["relative_rank_median"])),
        ("Different sets chosen", count(plain["distinct_best"])),
    ]
    if plain["empty_splits"]:
        rows.append(("Splits in which nothing was traded", count(plain["empty_splits"])))
    rows += _path_rows(plain)
    note = (
        f"{metric[:1].upper()}{metric[1:]}. A set chosen by luck ranks in the middle outside (0.50), one with skill "
        f"near 1. {luck_words(result.luck)}"
    )
    return Table("Out of sample, all splits", columns("Figure", "Value"), tuple(rows), note)


def _path_rows(plain: dict[str, Any]) -> list[tuple[str, str]]:
    def ratio(name: str) -> str:
        return UNDEFINED if plain[name] is None else number(plain[name])

    if "stitched_return" in plain:
        return [
            ("Sessions tested", count(plain["stitched_sessions"])),
            ("Return of the chosen sets, test after test", percent(plain["stitched_return"])),
            ("Sharpe of the chosen sets, test after test", ratio("stitched_sharpe")),
        ]
    if "paths" in plain:
        low, middle, high = (ratio(f"path_sharpe_{name}") for name in ("low", "median", "high"))
        return [
            ("Paths through all sessions", count(plain["paths"])),
            ("Sharpe of the paths: 5%, median, 95%", f"{low}, {middle}, {high}"),
            ("Paths with a loss", percent(plain["path_loss_share"], 1)),
        ]
    return []


def splits_table(result: SweepResult) -> Table:
    """One row a split: the set that was chosen, its metric in training and test, and its rank; for the page."""
    found = result.out_of_sample
    assert found is not None
    names = [one.name for one in varying(result) if not (found.scheme == "events" and one.name == "event")]
    rows = []
    for row in found.table.head(MOST_SPLITS).to_dict("records"):
        chosen = result.sets.at(int(row["best"]))
        rows.append(
            (
                str(row["split"]),
                f"{int(row['best']):,}",
                *(value_text(chosen[name]) for name in names),
                *(judged_text(found, float(row[name])) for name in ("in_sample", "out_of_sample", "median")),
                "nothing traded" if row["empty"] else number(float(row["relative_rank"])),
            )
        )
    numeric = [result.sets.space.by_name[name].numeric for name in names]
    heads = (
        *(Column("Event" if found.scheme == "events" else "Split", False), Column("Set")),
        *(Column(name, right) for name, right in zip(names, numeric, strict=True)),
        *columns("Training", "Test", "Median set", "Rank", left=0),
    )
    some = f" The first {MOST_SPLITS} of {len(found.best):,} splits." if len(found.best) > MOST_SPLITS else ""
    metric = "mean return of a session" if found.metric == "mean" else measure_name(found.metric)
    note = (
        f"{metric[:1].upper()}{metric[1:]} of the set chosen in training, and of the median set in the test. Rank: "
        f"relative, of the chosen set in the test, 1 the best.{some} {luck_words(result.luck)}"
    )
    return Table("By event" if found.scheme == "events" else "By split", heads, tuple(rows), note)


def choices_table(result: SweepResult) -> Table:
    """How often each value was chosen; for the page."""
    found = result.out_of_sample
    assert found is not None
    total = len(found.best)
    rows = []
    for name, often in found.choices.items():
        ordered = sorted(often.items(), key=lambda pair: -pair[1])
        shown = ", ".join(f"{value.lower() if value == 'None' else value} ({times})" for value, times in ordered[:8])
        more = f", {len(ordered) - 8} more" if len(ordered) > 8 else ""
        rows.append((name, count(len(ordered)), f"{shown}{more}"))
    made = columns("Parameter", "Values chosen")
    note = f"In brackets: in how many of the {total:,} splits. What changes from split to split is luck."
    return Table("Choices of parameters", (*made, Column("Chosen", False)), tuple(rows), note if rows else "")


def out_of_sample_figure(result: SweepResult) -> Figure | None:
    """The stitched return of a walk-forward, the paths of cpcv, the events side by side; None without any."""
    found = result.out_of_sample
    assert found is not None
    if found.scheme == "events":
        return _events_figure(found)
    return None if found.returns is None else _paths_figure(result, found)


def _paths_figure(result: SweepResult, found: OutOfSample) -> Figure:
    assert found.returns is not None
    tested = np.flatnonzero(~np.isnan(found.returns).all(axis=0))
    days = [days_of(result)[k] for k in tested.tolist()]
    returns = np.nan_to_num(found.returns[:, tested])
    order = np.argsort(np.prod(1.0 + returns, axis=1), kind="stable")
    kept = order[np.unique(np.linspace(0, len(order) - 1, MOST_PATHS).round().astype(int))]
    middle = int(order[(len(order) - 1) // 2])
    several = len(returns) > 1
    data = [
        {
            **LINE,
            **path_of(returns[k], days),
            "hovertemplate": f"%{{text}}<br>{f'path {k + 1}: ' if several else ''}%{{y:.2%}}<extra></extra>",
            "line": {"color": BLUE, "width": 1.2 if several else 2},
            "opacity": 0.45 if several else 1.0,
        }
        for k in kept.tolist()
        if not several or k != middle
    ]
    if several:
        line = {"color": ORANGE, "width": 2.5}
        hover = f"%{{text}}<br>path {middle + 1}, the middle one: %{{y:.2%}}<extra></extra>"
        data.append({**LINE, **path_of(returns[middle], days), "hovertemplate": hover, "line": line})
        caption = (
            f"Return so far of {len(data)} of {len(returns)} paths through all sessions, each made of tests of sets "
            " chosen without them; orange: the one in the middle at the end."
        )
    else:
        caption = (
            "Return so far of the sets that each training sample chose, test after test: nothing in it was known when "
            "its set was chosen."
        )
    return Figure("out-of-sample", caption, tuple(data), layout(360, xaxis=day_axis(days), yaxis=_percent_axis()))


def _percent_axis() -> dict[str, Any]:
    return zero_axis(",~%", title=title("return"))


def _events_figure(found: OutOfSample) -> Figure:
    rows = list(range(len(found.names)))

    def dots(name: str, values: Any, colour: str, symbol: str) -> dict[str, Any]:
        texts = [
            f"{label(event)}<br>{name} {judged_text(found, float(value))}"
            for event, value in zip(found.names, values, strict=True)
        ]
        return {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [float(value) for value in values],
            "y": rows,
            "text": texts,
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"size": 11, "color": colour, "symbol": symbol, "line": {"width": 1, "color": "#ffffff"}},
        }

    data = (
        dots("chosen, on the other events", found.in_sample, SLATE, "circle-open"),
        dots("median set, on this event", found.median, GREY, "diamond"),
        dots("chosen, on this event", found.out_of_sample, ORANGE, "circle"),
    )
    scale = tick_format(found.metric)
    return Figure(
        "out-of-sample",
        f"Mean {measure_name(found.metric)} of the parameters chosen on all other events, and theirs on this one.",
        data,
        layout(
            36 * len(rows) + 110,
            legend=True,
            xaxis=zero_axis(scale, tickangle=0),
            yaxis=axis(
                tickvals=rows,
                ticktext=[label(name) for name in found.names],
                range=[len(rows) - 0.5, -0.5],
                showgrid=False,
                tickfont={"size": 12},
            ),
        ),
    )
