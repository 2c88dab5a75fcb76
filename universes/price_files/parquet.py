"""The rows of some tickers of a large Parquet file, read row group by row group, so that the rest is never held."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..prices.read import RawTable, simple_column
from ..raw_file import damaged

# Smaller files are read whole: nothing is gained there.
LARGE_BYTES = 16_000_000
ROWS_AT_ONCE, WORKERS, BUFFER_BYTES = 131_072, 2, 1_000_000
HASHED_AT_ONCE = 4_000_000


class _Part(NamedTuple):
    """What one row group gives: tickers in the order of their first rows, and the kept rows with their numbers."""

    names: tuple[str, ...]
    rows: NDArray[np.int64]
    columns: tuple[Any, ...]


def read_some(path: Path, wanted: Collection[str], ticker: Sequence[str]) -> RawTable | None:
    """Rows of `wanted` tickers, and those without a ticker, of a long Parquet file whose tickers stand in one of the
    columns `ticker` (in small letters).

    None for a small file and for one of another shape, which are read whole. Raises PriceDataError for a damaged file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.stat().st_size < LARGE_BYTES:
            return None
        with pq.ParquetFile(path, pre_buffer=False) as file:
            schema, groups = file.schema_arrow, file.num_row_groups
            starts = np.cumsum([0, *(file.metadata.row_group(g).num_rows for g in range(groups))])
        at = [i for i, name in enumerate(schema.names) if name.strip().lower() in ticker]
        if len(at) != 1 or len(set(schema.names)) != len(schema.names) or not _is_text(schema.field(at[0]).type):
            return None
        with ThreadPoolExecutor(WORKERS + 1) as pool:
            digest = pool.submit(sha256_of, path)
            reader = _Reader(path, schema.names, schema.names[at[0]], frozenset(wanted))
            parts = list(pool.map(lambda g: reader.group(g, int(starts[g])), range(groups)))
            sha256 = digest.result()
        columns = tuple(
            simple_column(pa.chunked_array([part.columns[i] for part in parts if len(part.rows)]
                          or [pa.array([], field.type)]).combine_chunks())
            for i, field in enumerate(schema)
        )  # fmt: skip
    except (pa.ArrowException, OSError, ValueError, OverflowError) as problem:
        raise damaged(path.name, problem) from None
    every = tuple(dict.fromkeys(name for part in parts for name in part.names))
    rows = np.concatenate([part.rows for part in parts]) if parts else np.zeros(0, dtype=np.int64)
    return RawTable(path.name, sha256, "row", tuple(schema.names), columns, rows + 1, every, int(starts[-1]))


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, which are not held."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(HASHED_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


class _Reader(NamedTuple):
    """Reads row groups, each with a file handle of its own, so that several threads can."""

    path: Path
    names: Sequence[str]
    ticker: str
    wanted: frozenset[str]

    def group(self, number: int, start: int) -> _Part:
        """The rows that are wanted of a row group whose first row is number `start` of the file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        with pq.ParquetFile(
            self.path, read_dictionary=[self.ticker], pre_buffer=False, buffer_size=BUFFER_BYTES
        ) as file:
            seen = _Seen()
            kept: list[NDArray[np.int64]] = []
            sizes: list[int] = [start]
            for batch in self._batches(file, number, [self.ticker]):
                kept.append(self._wanted(batch.column(0), seen))
                sizes.append(batch.num_rows)
            picked: list[list[Any]] = [[] for _ in self.names]
            # Nothing is read behind the last batch with a row that is wanted, and nothing at all without one.
            last = max((k for k, rows in enumerate(kept) if len(rows)), default=-1)
            for rows, batch in zip(kept[: last + 1], self._batches(file, number, list(self.names)), strict=False):
                for i, column in enumerate(batch.columns if len(rows) else ()):
                    picked[i].append(column.take(pa.array(rows)))
            columns = tuple(pa.concat_arrays([_plain(one) for one in pieces]) for pieces in picked if pieces)
        numbers = [rows + first for rows, first in zip(kept, np.cumsum(sizes), strict=False)]
        return _Part(tuple(seen.names), np.concatenate(numbers) if numbers else np.zeros(0, dtype=np.int64), columns)

    def _batches(self, file: Any, number: int, columns: list[str]) -> Any:
        return file.iter_batches(ROWS_AT_ONCE, row_groups=[number], columns=columns, use_threads=False)

    def _wanted(self, column: Any, seen: _Seen) -> NDArray[np.int64]:
        """Rows of a batch that are wanted or have no ticker; its tickers are added to those that were seen."""
        seen.meet(column.dictionary, self.wanted)
        codes = column.indices.fill_null(len(seen.texts)).to_numpy(zero_copy_only=False)
        first = np.full(len(seen.texts) + 1, -1)
        first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
        new = np.flatnonzero((first[:-1] >= 0) & ~seen.known[:-1])
        for i in new[np.argsort(first[new])].tolist():
            if seen.texts[i]:
                seen.names.setdefault(seen.texts[i])
        seen.known[new] = True
        return np.flatnonzero(seen.keep[codes])


class _Seen:
    """The tickers of a row group so far, and of the entries of its dictionary which are known and which are kept."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.dictionary: Any = None
        self.texts: list[str] = []
        self.keep = self.known = np.zeros(1, dtype=np.bool_)

    def meet(self, dictionary: Any, wanted: Collection[str]) -> None:
        """Take the dictionary of the next batch, which most often is that of the last one."""
        if self.dictionary is not None and self.dictionary.equals(dictionary):
            return
        self.dictionary, self.texts = dictionary, [(text or "").strip() for text in dictionary.to_pylist()]
        # A missing ticker is the last entry.
        self.keep = np.array([*(not text or text in wanted for text in self.texts), True])
        self.known = np.zeros(len(self.texts) + 1, dtype=np.bool_)


def _plain(column: Any) -> Any:
    """A column without a dictionary, so that pieces of different row groups can be joined."""
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
