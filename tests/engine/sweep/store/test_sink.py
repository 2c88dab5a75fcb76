"""Results in memory and in a folder: what is read back is what the made-up sweep's sets are, in type and order."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hedgebook.engine.sweep.running.runner import run_job
from hedgebook.engine.sweep.store.chunk import ChunkLayout, ChunkResult
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.engine.sweep.store.sink import MemorySink, Sink, iter_blocks, iter_table, read_column, read_rows
from hedgebook.errors import ParameterError, RunFolderError
from tests.engine.sweep.made_up import METRICS, TYPES, MadeUp, files, metric, moment, parameter, problem

JOB = MadeUp()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "out"
    run_job(JOB, FolderSink(path))
    return path


@pytest.fixture(scope="module", params=["folder", "memory"])
def sink(request: pytest.FixtureRequest, folder: Path) -> Sink:
    if request.param == "folder":
        return FolderSink.open(folder)
    made = MemorySink()
    run_job(JOB, made)
    return made


def same(found: Any, expected: Any) -> bool:
    """Equal in type and value; NaN is NaN and not None."""
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(found, float) and math.isnan(found)
    return type(found) is type(expected) and bool(found == expected)


def test_parameters_come_back_typed_and_in_order(sink: Sink) -> None:
    for name in TYPES:
        column = read_column(sink, name)
        assert len(column) == JOB.count
        wrong = [i for i, value in enumerate(column.tolist()) if not same(value, parameter(i, name))]
        assert wrong == [], name
    assert read_column(sink, "hold").dtype == np.int64
    assert read_column(sink, "strict").dtype == np.bool_


def test_metrics_and_problems_come_back(sink: Sink) -> None:
    assert read_column(sink, "set").tolist() == list(range(JOB.count))
    assert read_column(sink, "problem").tolist() == [problem(i) for i in range(JOB.count)]
    for name in METRICS:
        found = read_column(sink, name)
        assert found.dtype == np.float64
        assert all(same(value, metric(i, name)) for i, value in enumerate(found.tolist())), name


def test_blocks_come_back(sink: Sink) -> None:
    assert sink.layout.block_sessions == (10.0, 11.0, 12.0, 13.0)
    reached = 0
    for start, totals, squares in iter_blocks(sink):
        assert start == reached
        for row in range(len(totals)):
            expected = [moment(start + row, b) for b in range(4)]
            assert totals[row].tolist() == expected
            assert squares[row].tolist() == [value * value for value in expected]
        reached += len(totals)
    assert reached == JOB.count


def test_tables_stream_chunk_by_chunk(sink: Sink) -> None:
    starts = []
    for start, columns in iter_table(sink, ["hedge", "sharpe"]):
        starts.append(start)
        assert list(columns) == ["hedge", "sharpe"]
        assert columns["hedge"].tolist() == [parameter(start + j, "hedge") for j in range(len(columns["sharpe"]))]
    assert starts == list(range(0, 1000, 64))
    assert list(next(iter(iter_table(sink)))[1]) == ["set", *TYPES, *METRICS, "problem"]


def test_rows_come_in_the_order_asked_for(sink: Sink) -> None:
    wanted = [999, 3, 64, 3, 0, 128]
    rows = read_rows(sink, wanted)
    assert rows.index.tolist() == wanted
    assert rows.columns.tolist() == [*TYPES, *METRICS, "problem"]
    assert [str(rows[name].dtype) for name in TYPES] == list(TYPES.values())
    for i, (_, row) in zip(wanted, rows.iterrows(), strict=True):
        for name in TYPES:
            expected = parameter(i, name)
            assert pd.isna(row[name]) if expected is None else row[name] == expected
        assert same(float(row["sharpe"]), metric(i, "sharpe"))
    few = read_rows(sink, np.array([5]), ["hedge", "set"])
    assert few.to_dict("list") == {"hedge": [parameter(5, "hedge")], "set": [5]}
    assert read_rows(sink, []).empty


def test_what_is_not_there_is_named(sink: Sink) -> None:
    with pytest.raises(ParameterError, match=r"no such column.*'sharp'.*Did you mean 'sharpe'"):
        read_column(sink, "sharp")
    with pytest.raises(ParameterError, match="no such column"):
        next(iter_table(sink, ["sharp"]))
    with pytest.raises(ParameterError, match=r"no such set.*1000.*0 to 999"):
        read_rows(sink, [1, 1000])
    with pytest.raises(ParameterError, match="no such set"):
        read_rows(sink, [-1])
    with pytest.raises(ParameterError, match="no such set"):
        read_rows(sink, [1.5])


def test_memory_and_folder_give_the_same_frame(folder: Path) -> None:
    memory = MemorySink()
    run_job(JOB, memory)
    rows = read_rows(FolderSink.open(folder), range(JOB.count))
    pd.testing.assert_frame_equal(memory.frame(), rows)


def test_any_reader_of_parquet_can_read_the_folder(folder: Path) -> None:
    """Types, dictionaries and nulls as Parquet has them; every part has the same schema, also where all is None."""
    parts = sorted((folder / "sets").iterdir())
    assert [part.name for part in parts] == [f"part-{k:05d}.parquet" for k in range(16)]
    schemas = [pq.read_schema(part) for part in parts]
    assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
    assert schemas[0].field("late").type == pa.dictionary(pa.int32(), pa.string())
    assert schemas[0].field("delay").type == pa.int64()
    table = pa.concat_tables([pq.read_table(part) for part in parts]).to_pylist()
    for i, row in enumerate(table):
        assert row["set"] == i
        assert {name: row[name] for name in TYPES} == {name: parameter(i, name) for name in TYPES}
        assert all(same(row[name], metric(i, name)) for name in METRICS)
        assert row["problem"] == problem(i)


def test_sweep_json_says_what_it_is(folder: Path) -> None:
    known = json.loads((folder / "sweep.json").read_text())
    assert (known["format"], known["status"], known["count"], known["chunk_sets"]) == (2, "done", 1000, 64)
    assert known["job"] == JOB.manifest()
    assert known["metrics"] == list(METRICS)
    assert known["columns"] == TYPES
    assert known["block_sessions"] == [10, 11, 12, 13]
    assert len(known["sha256"]) == 64
    assert "results" not in known


def test_results_are_added_at_the_end(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path / "out")
    run_job(JOB, sink)
    with pytest.raises(ParameterError, match="JSON"):
        sink.finish({"best": float("nan")})
    assert sink.results is None
    sink.finish({"best": {"set": 3}})
    assert FolderSink.open(tmp_path / "out").results == {"best": {"set": 3}}
    before = (tmp_path / "out" / "sweep.json").read_bytes()
    # A sweep that is done stays as it is, results and all.
    assert run_job(JOB, FolderSink(tmp_path / "out"), resume=True).done_sets == 1000
    assert (tmp_path / "out" / "sweep.json").read_bytes() == before


def test_a_job_without_blocks(tmp_path: Path) -> None:
    job = MadeUp(count=10, chunk_sets=4, block_count=0)
    sink = FolderSink(tmp_path / "out")
    run_job(job, sink)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["sets", "sweep.json"]
    assert [totals.shape for _, totals, _ in iter_blocks(sink)] == [(4, 0), (4, 0), (2, 0)]


@pytest.mark.parametrize("name", ["sharpe", "set", "problem"])
def test_a_parameter_cannot_be_called_like_another_column(tmp_path: Path, name: str) -> None:
    @dataclass(frozen=True)
    class Clash(MadeUp):
        @property
        def column_types(self) -> dict[str, str]:
            return {name: "int64"}

    for sink in (MemorySink(), FolderSink(tmp_path / "out")):
        with pytest.raises(ParameterError, match=rf"{name}: two columns of the sweep have the same name"):
            run_job(Clash(), sink)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("int64", [1, 2.5, 3]),
        ("int64", [1, None, 3]),
        ("int64", [1, True, 3]),
        ("Int64", [1, 2**63, 3]),
        ("int64", np.array([1.0, 2.0, 3.0])),
        ("float64", [1.0, "x", 3.0]),
        ("bool", [True, None, False]),
        ("boolean", ["x", None, False]),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, values: Any) -> None:
    with pytest.raises(ParameterError, match=rf"hold: a value of this parameter is not of the type {kind}"):
        kept(kind, values)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("Int64", pd.array([1, None, 3], dtype="Int64"), [1, None, 3]),
        ("Float64", pd.array([1.5, None, 3], dtype="Float64"), [1.5, None, 3.0]),
        ("boolean", pd.array([True, None, False], dtype="boolean"), [True, None, False]),
        ("str", pd.array(["a", None, "b"], dtype="str"), ["a", None, "b"]),
        ("str", [("miner", "neocloud"), "b", True], ["miner+neocloud", "b", "true"]),
        ("str", np.array(["a", "b", "a"]), ["a", "b", "a"]),
        ("str", np.array(["a", None, 7], dtype=object), ["a", None, "7"]),
        ("int64", np.array([1, 2, 3], dtype=np.int32), [1, 2, 3]),
        ("bool", np.array([True, False, True]), [True, False, True]),
        ("float64", [1, 2.5, 3], [1.0, 2.5, 3.0]),
        ("Int64", [None, None, None], [None, None, None]),
    ],
)
def test_columns_may_be_lists_or_arrays(kind: str, values: Any, expected: list[Any]) -> None:
    found = kept(kind, values).tolist()
    assert all(same(value, wanted) for value, wanted in zip(found, expected, strict=True)), found


def kept(kind: str, values: Any) -> Any:
    """The column `hold` after a sink has kept it."""

    @dataclass(frozen=True)
    class OneColumn(MadeUp):
        @property
        def column_types(self) -> dict[str, str]:
            return {"hold": kind}

        def columns(self, k: int) -> dict[str, Any]:
            return {"hold": values[slice(*ChunkLayout.of(self).span(k))]}

    sink = MemorySink()
    run_job(OneColumn(count=3, chunk_sets=3), sink)
    return read_column(sink, "hold")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("start", {"start": 64}),
        ("metrics", {"metrics": np.zeros((64, 2))}),
        ("problems", {"problems": (None,) * 63}),
        ("counts", {"counts": np.array([10.0, 11.0, 12.0, 14.0])}),
        ("totals", {"totals": np.zeros((64, 5))}),
        ("squares", {"squares": np.zeros((63, 4))}),
    ],
)
def test_a_chunk_that_does_not_fit_is_refused(tmp_path: Path, name: str, change: dict[str, Any]) -> None:
    @dataclass(frozen=True)
    class Wrong(MadeUp):
        def run(self, k: int, threads: int) -> ChunkResult:
            return replace(super().run(k, threads), **change)

    for sink in (MemorySink(), FolderSink(tmp_path / "out")):
        with pytest.raises(ParameterError, match=rf"chunk 0, {name}: the job gave something else"):
            run_job(Wrong(count=64), sink)
    assert files(tmp_path / "out") == {}


@pytest.mark.parametrize(("count", "chunk_sets"), [(0, 64), (10, 0)])
def test_a_sweep_has_sets(count: int, chunk_sets: int) -> None:
    with pytest.raises(ParameterError, match=r"is too small.*at least 1"):
        ChunkLayout.of(MadeUp(count=count, chunk_sets=chunk_sets))


def test_a_sink_without_a_sweep_says_so(tmp_path: Path) -> None:
    for sink in (MemorySink(), FolderSink(tmp_path)):
        with pytest.raises(RunFolderError, match="no sweep has begun"):
            read_column(sink, "sharpe")
