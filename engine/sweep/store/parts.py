"""The Parquet files of a sweep's folder, one or two for each chunk, each there as a whole or not at all."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, RunFolderError

from ...arrays import Floats
from .chunk import PROBLEM, SET, ChunkLayout, ChunkResult, Columns, text

MANIFEST, SETS, BLOCKS = "sweep.json", "sets", "blocks"
AGAIN = "Run the sweep again with --resume: it computes what is missing or damaged."
PART_NAME = re.compile(r"part-\d{5,}\.parquet")
TEMPORARY = re.compile(r"\.(part-\d{5,}\.parquet|sweep\.json|report\.(?:html|pdf|xlsx))\.[0-9a-f]{8}\.tmp")
_SWEEP = b"hedgebook.sweep"


@dataclass(frozen=True)
class Parts:
    """The part files of one sweep; it can be sent to another process that sees the same folder.

    folder: absolute; digest: of the sweep's identity, which every part carries.
    """

    folder: Path
    layout: ChunkLayout
    digest: str

    def path(self, kind: str, k: int) -> Path:
        """The file of chunk k in the folder `sets` or `blocks`."""
        return self.folder / kind / f"part-{k:05d}.parquet"

    def check_folder(self) -> None:
        """Raise RunFolderError where the folder is not there, or holds another sweep by now."""
        try:
            known = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            known = None
        if known != self.digest:
            raise RunFolderError(
                f"the folder of this sweep is not to be seen: {MANIFEST} is missing or that of another sweep",
                where=str(self.folder),
                remedy="All machines of a cluster must share the folder under the same path.",
            )

    def write(self, k: int, columns: Columns, result: ChunkResult) -> None:
        """Write chunk k. Raises ParameterError for what does not fit the table, RunFolderError as `check_folder`."""
        self.layout.check_chunk(k, columns, result)
        self.check_folder()
        # The set's part comes last: where it is, the block moments are too.
        if self.layout.blocks:
            _write(self.path(BLOCKS, k), _block_table(self.layout, result, self.digest), [])
        _write(self.path(SETS, k), _set_table(self.layout, columns, result, self.digest), [*self.layout.parameters])

    def is_whole(self, k: int) -> bool:
        """Whether every file of chunk k is there, belongs to this sweep and can be read to its end."""
        try:
            for kind in self.kinds:
                self._read(kind, k, None)
        except RunFolderError:
            return False
        return True

    @property
    def kinds(self) -> tuple[str, ...]:
        """The folders that hold parts."""
        return (SETS, BLOCKS) if self.layout.blocks else (SETS,)

    def columns(self, k: int, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Columns of chunk k; see `array_of` for their types. Raises RunFolderError for a missing or damaged part."""
        wanted = list(names)
        table = self._read(SETS, k, wanted)
        return {name: array_of(table.column(name), self.layout.type_of(name)) for name in wanted}

    def moments(self, k: int) -> tuple[Floats, Floats]:
        """Totals and squares (n, B) of chunk k. Raises RunFolderError as `columns`."""
        if not self.layout.blocks:
            none = np.zeros((self.layout.size(k), 0))
            return none, none
        table = self._read(BLOCKS, k, None)
        totals, squares = (_matrix(table.column(name), self.layout.blocks) for name in ("totals", "squares"))
        return totals, squares

    def _read(self, kind: str, k: int, names: list[str] | None) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.path(kind, k)
        try:
            # A plain file handle: pyarrow's own file systems take a while to load.
            with path.open("rb") as file, pq.ParquetFile(file, page_checksum_verification=True) as part:
                self._check_schema(kind, part.schema_arrow)
                wanted = None if names is None else [SET, *names]
                table = part.read(columns=wanted, use_threads=False)
                if not np.array_equal(table.column(SET).to_numpy(), np.arange(*self.layout.span(k))):
                    raise ValueError("it does not hold the sets of this part")
                return table
        except FileNotFoundError:
            raise RunFolderError(f"{kind}/{path.name} is missing", where=str(self.folder), remedy=AGAIN) from None
        except (OSError, pa.ArrowException, KeyError, ValueError) as problem:
            detail = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            raise RunFolderError(
                f"{kind}/{path.name} cannot be read: {detail}", where=str(self.folder), remedy=AGAIN
            ) from None

    def _check_schema(self, kind: str, schema: Any) -> None:
        """Raise ValueError unless a part is of this sweep."""
        wanted = _set_schema(self.layout, self.digest) if kind == SETS else _block_schema(self.layout, self.digest)
        if (schema.metadata or {}).get(_SWEEP) != self.digest.encode():
            raise ValueError("it belongs to another sweep")
        if not schema.equals(wanted):
            raise ValueError("it does not hold this sweep's table")


def write_whole(path: Path, fill: Any) -> None:
    """Let `fill` write to a file beside `path`, flush it to the disk, and only then give it its name."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def array_of(column: Any, kind: str) -> NDArray[Any]:
    """A pyarrow column as an array: int64, float64, bool; objects where it is text or `kind` allows None."""
    import pyarrow as pa

    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(values, pa.ChunkedArray):  # an empty column stays chunked
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    if pa.types.is_dictionary(values.type):
        levels = np.array([*values.dictionary.to_pylist(), None], dtype=object)
        return np.asarray(levels[values.indices.fill_null(len(levels) - 1).to_numpy(zero_copy_only=False)])
    if kind not in ("int64", "float64", "bool"):
        return np.array(values.to_pylist(), dtype=object)
    return np.asarray(values.to_numpy(zero_copy_only=False))


def arrow_array(name: str, kind: str, values: Any) -> Any:
    """Parameter values as a pyarrow array of one of TYPES. Raises ParameterError for a value that is of another."""
    import pyarrow as pa

    plain = isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.dtype.kind in "OUf")
    # A fraction is no whole number, and True is no number at all, even where pyarrow would take them.
    if plain and not (isinstance(values, np.ndarray) and kind.lower() == "float64"):
        values = [_checked(name, kind, value) for value in values]
    try:
        made = pa.array(values, type=_arrow_type(kind, flat=True))
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as problem:
        raise _of_other_type(name, kind, str(problem).splitlines()[0]) from None
    made = made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
    if made.null_count and kind in ("int64", "float64", "bool"):
        raise _of_other_type(name, kind, None)
    return made.dictionary_encode() if kind == "str" else made


def _checked(name: str, kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "str":
        return text(value)
    if kind.lower() in ("int64", "float64") and isinstance(value, bool | np.bool_):
        raise _of_other_type(name, kind, value)
    if kind.lower() == "int64" and not isinstance(value, int | np.integer):
        raise _of_other_type(name, kind, value)
    return value


def _of_other_type(name: str, kind: str, value: Any) -> ParameterError:
    what = f"a value of this parameter is not of the type {kind} of its column"
    return ParameterError(what, where=name, value="None" if value is None else value)


def _arrow_type(kind: str, *, flat: bool = False) -> Any:
    import pyarrow as pa

    if kind == "str":
        return pa.string() if flat else pa.dictionary(pa.int32(), pa.string())
    return {"int64": pa.int64(), "float64": pa.float64()}.get(kind.lower(), pa.bool_())


def _set_schema(layout: ChunkLayout, digest: str) -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            pa.field(SET, pa.int64()),
            *(pa.field(name, _arrow_type(kind)) for name, kind in layout.types),
            *(pa.field(name, pa.float64()) for name in layout.metrics),
            pa.field(PROBLEM, pa.string()),
        ],
        metadata={_SWEEP: digest.encode()},
    )


def _set_table(layout: ChunkLayout, columns: Columns, result: ChunkResult, digest: str) -> Any:
    import pyarrow as pa

    metrics = np.asarray(result.metrics, dtype=np.float64).T.copy()
    arrays = [
        _sets(result),
        *(arrow_array(name, kind, columns[name]) for name, kind in layout.types),
        *(pa.array(values) for values in metrics),
        pa.array(result.problems, type=pa.string()),
    ]
    return pa.Table.from_arrays(arrays, schema=_set_schema(layout, digest))


def _sets(result: ChunkResult) -> Any:
    import pyarrow as pa

    return pa.array(np.arange(result.start, result.start + len(result.problems), dtype=np.int64))


def _block_schema(layout: ChunkLayout, digest: str) -> Any:
    import pyarrow as pa

    lists = pa.list_(pa.float64(), layout.blocks)
    fields = [pa.field(SET, pa.int64()), pa.field("totals", lists), pa.field("squares", lists)]
    return pa.schema(fields, metadata={_SWEEP: digest.encode()})


def _block_table(layout: ChunkLayout, result: ChunkResult, digest: str) -> Any:
    import pyarrow as pa

    flat = [np.ascontiguousarray(values, dtype=np.float64).ravel() for values in (result.totals, result.squares)]
    arrays = [pa.FixedSizeListArray.from_arrays(pa.array(values), layout.blocks) for values in flat]
    return pa.Table.from_arrays([_sets(result), *arrays], schema=_block_schema(layout, digest))


def _matrix(column: Any, width: int) -> Floats:
    return np.asarray(column.combine_chunks().flatten().to_numpy(), dtype=np.float64).reshape(-1, width)


def _write(path: Path, table: Any, levels: list[str]) -> None:
    """levels: columns with few distinct values. Metrics are noise: to compress them costs time and saves nothing."""
    import pyarrow.parquet as pq

    def fill(file: Any) -> None:
        pq.write_table(
            table,
            file,
            row_group_size=max(len(table), 1),
            compression="none",
            use_dictionary=levels,
            write_statistics=False,
            write_page_checksum=True,
        )

    write_whole(path, fill)
