"""The tables of a sweep: its numbers recomputed from the table of all sets, and no best without its luck."""

from __future__ import annotations

import re

import pytest

from hedgebook.cli.output import print_tables
from hedgebook.engine.risk.measures import MEASURE_FACTS
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.reports.page.table import Table
from hedgebook.reports.sweep.effects import effects
from hedgebook.reports.sweep.luck import best_table, haircut_table, luck_table
from hedgebook.reports.sweep.out_of_sample import choices_table, splits_table, summary_table
from hedgebook.reports.sweep.tables import (
    best_sets_table,
    problems_table,
    spread_table,
    sweep_summary_tables,
    values_table,
)

from ..sweeps import EVENTS, SHAPES, known, sweep_of, written

PERCENT = ("total_return", "max_drawdown", "hit_rate", "cost_frac")


def text_of(table: Table) -> str:
    heads = " ".join(column.name for column in table.columns)
    return " ".join([table.title, heads, *(cell for row in table.rows for cell in row), table.note])


def cells(table: Table) -> dict[str, str]:
    """The right half of the first table: what luck can do."""
    return {row[2]: row[3] for row in table.rows if row[2]}


def told(row: dict[str, str], start: str) -> str:
    found = [value for name, value in row.items() if name.startswith(start)]
    assert len(found) == 1, (start, list(row))
    return found[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_terminal_never_names_the_best_without_its_luck(shape: str) -> None:
    tables = sweep_summary_tables(sweep_of(shape))
    assert "Luck" in [column.name for column in tables[0].columns]
    for table in tables:
        text = text_of(table)
        assert "PBO" in text, table.title
        assert "eflated Sharpe" in text, table.title


@pytest.mark.parametrize("shape", SHAPES)
def test_the_terminal_needs_80_columns(
    shape: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    tables = sweep_summary_tables(sweep_of(shape))
    print_tables(*tables)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    shown = "\n".join(lines)
    for table in tables:
        for row in table.rows:
            for cell, column in zip(row, table.columns, strict=True):
                # A number that rich had to cut would stand there without its end.
                assert not column.right or cell in shown, (table.title, cell)
        assert table.title in ("The best set and its luck", "The only set that can be ranked") or table.width <= 80


@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_table_has_the_best_set_and_every_measure_of_luck(shape: str) -> None:
    result = sweep_of(shape)
    best, luck = known(result).iloc[0], result.luck
    index = int(known(result).index[0])
    left = {row[0]: row[1] for row in best_table(result).rows if row[0]}
    right = cells(best_table(result))
    assert left["Set"] == f"{index:,}"
    assert left["Sharpe"] == written(best["sharpe"])
    assert left["Return"] == written(best["total_return"], share=True)
    assert left["Drawdown"] == written(best["max_drawdown"], share=True)
    assert left["Sessions"] == f"{int(best['sessions']):,}"
    for axis in result.axes:
        assert axis.name in left
    cross = luck.overfitting
    if cross is None:
        assert told(right, "PBO (") == "–"
    else:
        ranks = cross.result.rank.tolist()
        below = sum(rank <= (cross.result.strategies + 1) / 2 for rank in ranks) / len(ranks)
        short = any("fewer than 5" in note for note in cross.notes)
        name = next(key for key in right if key == "PBO" or key.startswith("PBO (only"))
        assert (name != "PBO") == short
        # One decimal, unless that would show a bound (20, 50 or 95 %) which the share itself misses.
        on_bound = round(100 * below, 1) in (20.0, 50.0, 95.0) and round(100 * below, 9) not in (20.0, 50.0, 95.0)
        assert right[name] == written(below, 2 if on_bound else 1, share=True)
        others = [key for key in right if key.startswith("PBO with")]
        assert len(others) == (len(cross.by_blocks) > 1)
        if others:
            counts = [int(part) for part in others[0].split("with")[1].split("blocks")[0].split("/")]
            assert all(cross.result.blocks % count == 0 for count in counts)
            assert len(right[others[0]].split("/")) == len(counts)
    for name in luck.trials:
        words = {"all sets": f"{luck.ran:,} set", "clusters": "", "effective rank": ""}[name]
        row = [key for key in right if key.startswith(f"Deflated Sharpe, {words}")]
        assert row, name
    for start in ("Probabilistic Sharpe", "Plateau score", "Minimum track record", "Sharpe,"):
        assert told(right, start)
    for start in ("SPA", "Reality Check", "Romano-Wolf", "Sharpe after"):
        assert any(name.startswith(start) or start in name for name in right), start
    for name, value in right.items():
        # A figure that does not exist says why.
        assert value != "–" or re.search(r"\(.{8,}\)$", name), name


def test_figures_of_luck_are_those_of_the_sweep() -> None:
    result = sweep_of("grid")
    luck, right = result.luck, cells(best_table(result))
    tests = luck.superiority
    assert tests is not None
    assert right["SPA, p-value (Hansen)"] == f"{tests.spa_consistent:.4f}"
    assert right["Reality Check, p-value (White)"] == f"{tests.reality_check:.4f}"
    own = float(tests.table.loc[luck.chosen.index, "adjusted_p_value"])
    assert right["Romano-Wolf, adjusted p-value"] == f"{own:.4f}"
    deflated = luck.deflated["all sets"]
    pair = [deflated["bailey-lopez-de-prado"], deflated["lopez-de-prado-lipton-zoonekynd"]]
    wanted = ["<0.1%" if x < 0.0005 else written(x, 1, share=True) for x in pair if x is not None]
    assert right["Deflated Sharpe, 240 sets"] == " / ".join(wanted)
    assert right["Best Sharpe by luck, 240 sets"] == written(luck.expected_max["all sets"] or 0.0)
    around = [n for n in result.sets.neighbours(luck.chosen.index) if result.values[n] == result.values[n]]
    middle, mean = float(known(result)["sharpe"].median()), float(result.table.loc[around, "sharpe"].mean())
    best = float(known(result)["sharpe"].iloc[0])
    score = min(max((mean - middle) / (best - middle), 0.0), 1.0)
    assert right[f"Plateau score, {len(around)} neighbours"] == f"{score:.2f}"
    assert luck.interval is not None
    assert right["Sharpe, 95% interval"] == f"{written(luck.interval.low)} to {written(luck.interval.high)}"


@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "single"])
def test_the_best_sets_are_the_best(shape: str) -> None:
    result = sweep_of(shape)
    ordered = known(result)
    for width, rows in ((None, 20), (80, 10)):
        table = best_sets_table(result, width=width)
        heads = [column.name for column in table.columns]
        best = ordered.head(rows)
        copies = best.astype(str).groupby(list(MEASURE_FACTS), sort=False, dropna=False)
        kept, often = copies.head(1).index, copies.size().tolist()
        if width is not None:
            kept, often = best.index, [1] * len(best)
        told = [f"{index:,}{f' × {n} sets' if n > 1 else ''}" for index, n in zip(kept, often, strict=True)]
        assert [row[0] for row in table.rows] == told
        if "Return" in heads:
            at = heads.index("Return")
            wanted = [written(value, share=True) for value in ordered.loc[kept, "total_return"]]
            assert [row[at] for row in table.rows] == wanted
        missing = [one.name for one in result.axes if len(one) != 1 and one.name not in heads]
        assert all(f"{name} " in table.note or f"{name}," in table.note for name in missing), (missing, table.note)


def test_parameters_that_all_of_the_best_share_stand_in_the_note() -> None:
    result = sweep_of("failing")
    table = best_sets_table(result, width=80)
    shorts = {result.sets.at(int(row[0].replace(",", "")))["short"] for row in table.rows}
    assert shorts == {"miner"}
    assert "short" not in [column.name for column in table.columns]
    assert "All of them: short miner." in table.note


@pytest.mark.parametrize("shape", ["grid", "categorical", "large", "failing", "drawdown", "turnover", "events", "walk"])
def test_effects_are_means_over_all_sets_with_a_value(shape: str) -> None:
    result = sweep_of(shape)
    share = result.metric == "max_drawdown"
    found = {row[0]: row for row in spread_table(result, effects(result)).rows}
    assert set(found) == {axis.name for axis in result.axes if len(axis) > 1}
    table = known(result)
    spreads = []
    for name, row in found.items():
        means = table.groupby(table[name].astype(str).where(table[name].notna(), "none"))[result.metric].mean()
        high, low = (means.min(), means.max()) if result.metric == "turnover" else (means.max(), means.min())
        assert row[3] == written(high, share=share), name
        assert row[5] == written(low, share=share), name
        spreads.append(means.max() - means.min())
    assert spreads == sorted(spreads, reverse=True)


def test_a_table_by_value_counts_and_averages() -> None:
    result = sweep_of("grid")
    one = next(effect for effect in effects(result) if effect.axis == "stop_loss")
    rows = {row[0].removesuffix(" *"): row for row in values_table(result, one).rows}
    assert list(rows) == ["none", "0.04", "0.08"]
    for name, row in rows.items():
        stop = result.table["stop_loss"]
        part = result.table[stop.isna() if name == "none" else stop == float(name)]["sharpe"]
        numbers = [written(x) for x in (part.mean(), part.median(), part.max())]
        assert row[1:] == (str(len(part)), *numbers, written((part > 0).mean(), 1, share=True))
    chosen = [row[0] for row in values_table(result, one).rows if row[0].endswith("*")]
    value = result.best.parameters["stop_loss"]
    assert chosen == [f"{'none' if value is None else value} *"]


def test_a_continuous_axis_is_cut_into_ranges() -> None:
    result = sweep_of("continuous")
    one = next(effect for effect in effects(result) if effect.axis == "gross")
    assert one.values[0] == "0.5 to 0.6"
    assert one.values[-1] == "1.4 to 1.5"
    gross, sharpe = known(result)["gross"].astype(float), known(result)["sharpe"]
    for k in range(10):
        inside = sharpe[(gross >= 0.5 + 0.1 * k - 1e-12) & (gross < 0.6 + 0.1 * k - 1e-12)]
        assert one.count[k] == len(inside)
        assert one.mean[k] == pytest.approx(inside.mean(), rel=1e-12)
        assert one.best[k] == pytest.approx(inside.max(), rel=1e-12)
    assert 0.5 + 0.1 * one.chosen <= result.best.parameters["gross"] <= 0.6 + 0.1 * one.chosen


def test_an_axis_with_one_value_has_no_effect_and_no_column() -> None:
    result = sweep_of("one_value")
    assert {effect.axis for effect in effects(result)} == {"hold", "gross"}
    assert "hedge" not in [column.name for column in best_sets_table(result).columns]


def test_problems_are_counted() -> None:
    result = sweep_of("failing")
    texts = result.table["problem"].dropna()
    table = problems_table(result)
    # Every hold that ends after the prices has a message of its own, with other numbers in it.
    assert len(set(texts)) > 100
    assert len(table.rows) == 2
    reason, often, share = table.rows[0]
    assert reason.partition(";")[0] + "." in set(texts) or reason.partition(";")[0] in set(texts)
    assert reason.endswith(f"; {len(set(texts)) - 1} more that differ in their values only")
    assert (often, share) == (str(len(texts)), written(len(texts) / len(result.table), 1, share=True))
    short = ((result.table["sessions"] < result.min_sessions) & result.table["problem"].isna()).sum()
    assert short > 0
    assert table.rows[-1][:2] == (
        f"ran, but on for fewer than {result.min_sessions} sessions: not ranked by an annual metric",
        str(short),
    )
    assert problems_table(sweep_of("grid")).note == "None: every set ran."


def test_luck_by_convention_and_haircut() -> None:
    result = sweep_of("grid")
    rows = {row[0]: row for row in luck_table(result).rows}
    found = result.luck.probabilistic
    shown = [float(text.strip("%")) / 100 for text in rows["Probabilistic Sharpe"][1:3]]
    wanted = [found["bailey-lopez-de-prado"], found["lopez-de-prado-lipton-zoonekynd"]]
    assert shown == pytest.approx(wanted, abs=6e-4)
    alone = {row[0]: row for row in luck_table(sweep_of("single")).rows}
    deflated = alone["Deflated Sharpe, 1 set"]
    assert deflated[1:] == ("–", "–", "none: only one set has a Sharpe ratio, so that nothing was chosen")
    haircut = result.luck.haircut
    assert haircut is not None
    lost = {row[0]: row[2] for row in haircut_table(result).rows}
    names = {"Bonferroni": "bonferroni", "Holm": "holm", "BHY": "bhy"}
    assert lost == {shown: written(haircut[name]["haircut_sharpe"]) for shown, name in names.items()}


def test_events_are_judged_by_parameters_chosen_on_the_others() -> None:
    result = sweep_of("events")
    wide = result.table.pivot_table(index=["hold", "gross"], columns="event", values="sharpe")
    rows = {row[0]: row for row in splits_table(result).rows}
    assert tuple(rows) == EVENTS
    for event, row in rows.items():
        others = wide.drop(columns=event).mean(axis=1)
        hold, gross = list(others.index)[int(others.argmax())]
        assert row[2:4] == (str(hold), f"{gross:g}")
        test = wide[event]
        outside = test.loc[(hold, gross)]
        assert row[4:7] == (written(others.max()), written(outside), written(test.median()))
        rank = (test < outside).sum() + ((test == outside).sum() + 1) / 2
        assert row[7] == written(rank / (len(test) + 1))
    summary = {row[0]: row[1] for row in summary_table(result).rows}
    assert summary["Splits (leave one event out)"] == "3"
    assert "event" not in [row[0] for row in choices_table(result).rows]


@pytest.mark.parametrize("shape", ["walk", "cpcv"])
def test_splits_show_what_was_chosen_and_what_became_of_it(shape: str) -> None:
    result = sweep_of(shape)
    found = result.out_of_sample
    assert found is not None
    rows = splits_table(result).rows
    assert len(rows) == len(found.best)
    for row, best, outside in zip(rows, found.best.tolist(), found.out_of_sample.tolist(), strict=True):
        held = result.table.loc[best]
        assert row[1:5] == (f"{best:,}", str(held["window"]), str(held["every"]), str(held["top"]))
        assert row[6] == written(outside)
    choices = {row[0]: row[2] for row in choices_table(result).rows}
    for name in ("window", "every", "top"):
        counts = result.table.loc[found.best.tolist(), name].value_counts()
        for value, often in counts.head(3).items():
            assert f"{value} ({often})" in choices[name]
    summary = {row[0]: row[1] for row in summary_table(result).rows}
    means = f"{written(float(found.out_of_sample.mean()))} / "
    assert summary["Chosen sets in the test, mean / median split"].startswith(means)


def test_a_single_set_says_so() -> None:
    result: SweepResult = sweep_of("single")
    tables = sweep_summary_tables(result)
    assert [table.title for table in tables] == ["The only set that can be ranked"]
    assert tables[0].columns[0].name == "Only set"


def test_parameters_that_change_nothing_are_said_to_change_nothing() -> None:
    result = sweep_of("alike")
    assert result.table["sharpe"].nunique() == 1
    rows = spread_table(result, effects(result)).rows
    assert [row[2] for row in rows] == ["no difference", "no difference"]
    assert "6 sets with one outcome" in best_sets_table(result).note
    assert result.luck.finding == "cannot be judged"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_headline_and_the_table_write_one_figure_alike(shape: str) -> None:
    """Whatever stands in both the sentence above and the table below has one rounding."""
    result = sweep_of(shape)
    text, right = result.luck.verdict, cells(best_table(result))
    if found := re.search(r"on the other half in (\S+) of splits", text):
        name = next(key for key in right if key == "PBO" or key.startswith("PBO (only"))
        assert right[name] == found[1]
    if found := re.search(r"deflated Sharpe ratio is (\S+?)(?: to (\S+))? \(95% is", text):
        stated = {found[1], found[2] or found[1]}
        shown = told(right, "Deflated Sharpe, " + f"{result.luck.ran:,} set").split(" / ")
        assert stated == set(shown) - {"–"}
    if found := re.search(r"with probability (\S+) \(Hansen", text):
        assert right["SPA, p-value (Hansen)"] == found[1]
