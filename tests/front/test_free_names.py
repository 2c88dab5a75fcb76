"""A parameter may be called what it likes: like a metric, a column of the table or an argument of a sweep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.sweep.store.chunk import column_names
from hedgebook.errors import ParameterError
from tests import markets
from tests.cli.console import hedgebook

MARKET = markets.random_market(8, sessions=90, tickers=5)


def plain(market: hb.Market, start: int, tilt: float) -> hb.Schedule:
    """Long the first name and short the second by `tilt`, from a session on."""
    weights = np.zeros((1, len(market.tickers)))
    weights[0, :2] = tilt, -tilt
    return hb.Schedule(
        tickers=market.tickers,
        decided_at=market.close_at[[start]],
        session=market.sessions[[start + 1]],
        mark=np.array([hb.Mark.OPEN], dtype=np.int64),
        weights=weights,
    )


def odd(market: hb.Market, sessions: int = 5, set: float = 0.2, metric: str = "a", sharpe: int = 0) -> hb.Schedule:
    """The same, with names that mean something else in a sweep."""
    return plain(market, sessions + sharpe, set if metric == "a" else -set)


LEVELS = {"sessions": [3, 9], "set": [0.1, 0.3], "sharpe": [0, 1, 2]}


def test_columns_of_parameters_and_measures_are_told_apart() -> None:
    found = hb.sweep(odd, MARKET, where="sessions + sharpe <= 10", options=hb.SweepOptions(axes={**LEVELS}))
    assert found.count == 10
    for index, row in found.table.iterrows():
        mine = found.sets.at(int(str(index)))
        columns = {name: row[f"parameter_{name}"] for name in ("sessions", "set", "sharpe")}
        assert columns == mine
        alone = hb.run_schedule(MARKET, odd(MARKET, **mine))
        assert row["sessions"] == len(alone.returns) == 90 - 1 - mine["sessions"] - mine["sharpe"]
        assert row["final_nav"] == pytest.approx(alone.final_nav, rel=1e-12)
    assert set(found.best.parameters) == set(LEVELS)
    assert found.best.metrics["sharpe"] == found.best.value == np.nanmax(found.table["sharpe"])
    assert list(found.parallel_coordinates(3)["parameter_sharpe"]) == [
        found.sets.at(int(i))["sharpe"] for i in found.parallel_coordinates(3)["set"]
    ]
    assert set(found.marginal_effects()["axis"]) == set(LEVELS)


def test_names_of_arguments_are_given_beside_them(tmp_path: Path) -> None:
    options = hb.SweepOptions(axes={"metric": ["a", "b"]})
    found = hb.sweep(odd, MARKET, sharpe=[0, 1], metric="total_return", options=options)
    assert found.table["metric"].tolist() == ["a", "b"] * 2
    assert found.metric == "total_return"
    found.report(tmp_path / "r.html")
    with pytest.raises(ParameterError, match="set: a parameter has its values twice"):
        hb.sweep(odd, MARKET, set=[0.1], options=hb.SweepOptions(axes={"set": [0.2]}))


def test_a_folder_holds_them_and_goes_on(tmp_path: Path) -> None:
    out, options = tmp_path / "a", hb.SweepOptions(axes=LEVELS)
    wanted = hb.sweep(odd, MARKET, out=out, options=options)
    (out / "sets" / "part-00000.parquet").unlink()
    again = hb.sweep(odd, MARKET, out=out, options=hb.SweepOptions(axes=LEVELS, resume=True))
    pd.testing.assert_frame_equal(wanted.table, again.table, check_exact=True)
    assert "sharpe" in (out / "report.html").read_text()


def test_the_command_line_takes_them(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import numpy as np\nimport hedgebook as hb\n"
        "def mine(market, sessions=5, sharpe=0.1, metric='a'):\n"
        "    weights = np.zeros((1, len(market.tickers)))\n"
        "    weights[0, :2] = sharpe, -sharpe\n"
        "    t = len(market.sessions) - 20 - sessions\n"
        "    return hb.Schedule(tickers=market.tickers, decided_at=market.close_at[[t]],\n"
        "        session=market.sessions[[t + 1]], mark=np.array([0]), weights=weights)\n"
    )
    grid = ["--grid", "sessions=3:5", "--grid", "sharpe=0.1,0.2", "--grid", "metric=a,b", "--metric", "total_return"]
    done = hedgebook("sweep", f"{file}:mine", *grid, "--out", "out", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    told = done.json
    assert set(told["best"]["parameters"]) == {"sessions", "sharpe", "metric"}
    assert told["sets"] == 12
    assert told["best"]["metrics"]["sessions"] == 20 + told["best"]["parameters"]["sessions"] - 1


def test_the_names_of_columns() -> None:
    assert column_names(["a", "sharpe"], ["sharpe"]) == {"a": "a", "sharpe": "parameter_sharpe"}
    assert column_names(["set", "problem"], []) == {"set": "parameter_set", "problem": "parameter_problem"}
    wanted = {"parameter_sharpe": "parameter_sharpe", "sharpe": "parameter_parameter_sharpe"}
    assert column_names(["parameter_sharpe", "sharpe"], ["sharpe"]) == wanted


ARGUMENTS = ("costs", "account", "sample", "where", "metric", "cv", "options")


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("values", [["x", "y"], "x,y", range(3)], ids=["names", "text", "numbers"])
def test_an_argument_that_is_no_axis_says_where_the_parameter_goes(name: str, values: object) -> None:
    made: dict[str, object] = {"plain": plain}
    exec(f"def own(market, {name}=3, tilt=0.1):\n    return plain(market, 5, tilt)\n", made)
    with pytest.raises(hb.errors.InputError) as raised:
        hb.sweep(made["own"], MARKET, tilt=[0.1, 0.2], **{name: values})
    assert f'options=hb.SweepOptions(axes={{"{name}": [...]}})' in str(raised.value)
    with pytest.raises(hb.errors.InputError) as raised:
        hb.sweep(lambda market, tilt=0.1: plain(market, 5, tilt), MARKET, tilt=[0.1, 0.2], **{name: values})
    assert "SweepOptions(axes" not in str(raised.value)


def test_a_parameter_called_strategy_is_told_too() -> None:
    def own(market: hb.Market, strategy: str = "a", out: str = "") -> hb.Schedule:
        return plain(market, 5 if out else 6, 0.1 if strategy == "a" else 0.2)

    with pytest.raises(hb.errors.InputError, match=r'strategy: this is given twice\. .*axes=\{"strategy"'):
        hb.sweep(own, MARKET, strategy=["a", "b"])  # type: ignore[misc]
    found = hb.sweep(own, MARKET, options=hb.SweepOptions(axes={"strategy": ["a", "b"], "out": ["x", "y"]}))
    assert found.count == 4


def test_every_column_of_a_sweep_may_be_the_name_of_a_parameter(tmp_path: Path) -> None:
    from hedgebook.engine.risk.measures import MEASURE_FACTS
    from hedgebook.reports.sweep.tables import sweep_summary_tables

    names = [*MEASURE_FACTS, "set", "problem", "stale_positions", "nav", "rank", "Set", "Sharpe", "Return", "self"]
    for name in names:
        made: dict[str, object] = {"plain": plain}
        exec(f"def own(market, {name}=0.1, other=3):\n    return plain(market, other, {name})\n", made)
        options = hb.SweepOptions(axes={name: [0.125, 0.25], "other": [3, 5]})
        found = hb.sweep(made["own"], MARKET, metric="max_drawdown", options=options)
        column = f"parameter_{name}" if name in (*MEASURE_FACTS, "set", "problem", "stale_positions") else name
        assert found.table[column].tolist() == [0.125, 0.125, 0.25, 0.25], name
        assert found.best.parameters[name] == 0.125
        luck, best, *_ = sweep_summary_tables(found, width=200)
        headings = [one.name for one in best.columns]
        assert len(set(headings)) == len(headings), headings
        own = headings.index(f"{name} (parameter)" if name[0].isupper() else name)
        assert {row[own] for row in best.rows} == {"0.125", "0.25"}
        labels = [row[0] for row in luck.rows if row[0]]
        assert len(set(labels)) == len(labels), labels
    found.xlsx(tmp_path / "self.xlsx")
