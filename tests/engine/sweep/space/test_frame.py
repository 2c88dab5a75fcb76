"""Typed columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hedgebook.engine.sweep.space import ParameterColumn, parse_axes, space_of

TEXTS = [
    "hold=1:3", "gross=0.5,1", "hindsight=true,false", "hedge=dollar,beta", "short=miner,miner+neocloud",
    "lookback=none,120", "stop_loss=none,0.05", "flag=none,true", "benchmark=none,SPY", "nothing=none",
]  # fmt: skip
DTYPES = {
    "hold": "int64",
    "gross": "float64",
    "hindsight": "bool",
    "hedge": "str",
    "short": "str",
    "lookback": "Int64",
    "stop_loss": "Float64",
    "flag": "boolean",
    "benchmark": "str",
    "nothing": "str",
}
ARROW = {
    "hold": pa.int64(),
    "gross": pa.float64(),
    "hindsight": pa.bool_(),
    "hedge": pa.large_string(),
    "short": pa.large_string(),
    "lookback": pa.int64(),
    "stop_loss": pa.float64(),
    "flag": pa.bool_(),
    "benchmark": pa.large_string(),
    "nothing": pa.large_string(),
}


def shown(value: Any) -> Any:
    return "+".join(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(("start", "stop"), [(0, 768), (100, 103), (5, 5)])
def test_every_chunk_has_the_same_types_and_the_values_of_its_sets(start: int, stop: int) -> None:
    sets = space_of(parse_axes(TEXTS)).grid()
    chunk = sets.chunk(start, stop)
    frame = chunk.frame()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == DTYPES
    assert list(frame.index) == list(range(start, stop))
    assert frame.index.name == "set"
    table = pa.Table.from_pandas(frame, preserve_index=False)
    assert {field.name: field.type for field in table.schema} == ARROW
    assert table.to_pylist() == [{name: shown(value) for name, value in row.items()} for row in chunk]


def test_a_frame_goes_through_parquet(tmp_path: Path) -> None:
    sets = space_of(parse_axes(TEXTS)).grid()
    sets.chunk(0, 50).frame().to_parquet(tmp_path / "a.parquet")
    sets.chunk(50, 90).frame().to_parquet(tmp_path / "b.parquet")
    # Both parts have one schema, whether or not None is among their values.
    both = pq.ParquetDataset([tmp_path / "a.parquet", tmp_path / "b.parquet"]).read().to_pylist()
    assert [{name: row[name] for name in DTYPES} for row in both] == [
        {name: shown(value) for name, value in row.items()} for row in sets.chunk(0, 90)
    ]


def test_a_continuous_column_holds_the_points_of_its_chunk() -> None:
    sets = space_of(parse_axes(["gross=0.5:2", "hold=1:9"])).sobol(64, 1)
    chunk = sets.chunk(10, 30)
    assert len(chunk.columns["gross"].levels) == 20
    frame = chunk.frame()
    assert str(frame["gross"].dtype) == "float64"
    assert frame["gross"].tolist() == [sets.at(index)["gross"] for index in range(10, 30)]
    assert sets.chunk(3, 3).frame()["gross"].dtype == np.float64


def test_many_levels_cost_no_more_than_the_chunk_needs() -> None:
    frame = space_of({"hold": range(100_000), "short": ["a", "b"]}).grid().chunk(150_001, 150_005).frame()
    assert frame["hold"].tolist() == [75_000, 75_001, 75_001, 75_002]
    assert frame["short"].tolist() == ["b", "a", "b", "a"]


def test_a_column_of_its_own_finds_its_type() -> None:
    codes = np.array([1, 0, 1], dtype=np.int64)
    assert str(pd.Series(ParameterColumn((1, None), codes).array()).dtype) == "Int64"
    assert str(pd.Series(ParameterColumn((1, 2.5), codes).array()).dtype) == "float64"
    assert ParameterColumn(("a", ("a", "b")), codes).array().tolist() == ["a+b", "a", "a+b"]
    assert ParameterColumn(("a", ("a", "b")), codes).values() == [("a", "b"), "a", ("a", "b")]
    assert len(ParameterColumn((), codes[:0]).array()) == 0
