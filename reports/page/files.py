"""How single files of results are written: JSON that is UTF-8, tables with checksums, pages there whole or not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SEAL = "hedgebook.seal"
# A byte that changes the name of the one leaves the other.
SEALS = (SEAL, f"{SEAL}.again")
OPEN = "0" * 64


def json_text(value: Any) -> str:
    """A value as JSON that can be encoded, whatever names it holds: those of files need not be text."""
    text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=2, allow_nan=False)
    return text


def write_json(value: Any, path: Path) -> None:
    """Write one JSON value. Raises OSError."""
    path.write_text(json_text(value) + "\n", encoding="utf-8")


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, its pages with checksums. Raises OSError."""
    # By a handle: pyarrow cannot be told the name of a file that is not text.
    with path.open("wb") as file:
        frame.to_parquet(file, index=False, write_page_checksum=True)


def write_sealed(frame: pd.DataFrame, path: Path, others: Iterable[Path]) -> None:
    """Write a table as Parquet with the SHA-256 of other files, and of itself, in its footer. Raises OSError.

    Its own is that of the file with OPEN in its place.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    seal = {other.name: sha256(other.read_bytes()).hexdigest() for other in others}
    sink = BytesIO()
    with pq.ParquetWriter(sink, table.schema, write_page_checksum=True, write_statistics=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(dict.fromkeys(SEALS, json.dumps({**seal, path.name: OPEN})))
    data = sink.getvalue()
    path.write_bytes(data.replace(OPEN.encode(), sha256(data).hexdigest().encode()))


def broken_seals(path: Path) -> tuple[str, ...]:
    """The files beside `path`, itself among them, whose bytes are not those that were sealed; none without a seal.

    Raises what pyarrow raises where the file cannot be read.
    """
    import pyarrow.parquet as pq

    data = path.read_bytes()
    with pq.ParquetFile(BytesIO(data)) as file:
        told = file.metadata.metadata or {}
    text = next((told[name.encode()] for name in SEALS if name.encode() in told), None)
    if text is None:
        return ()
    try:
        seal = dict(json.loads(text))
        own = seal.pop(path.name)
        whole = sha256(data.replace(own.encode(), OPEN.encode())).hexdigest() == own
        broken = [name for name, digest in seal.items() if digest != _digest(path.with_name(Path(name).name))]
    except (ValueError, TypeError, KeyError, AttributeError):
        return (path.name,)
    return tuple(broken) if whole else (*broken, path.name)


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def write_whole_text(text: str, path: Path) -> None:
    """Write a text file that is there whole or, where that fails, as it was before. Raises OSError."""
    write_whole_bytes(text.encode("utf-8", "replace"), path)


def write_whole_bytes(data: bytes, path: Path) -> None:
    """Write a file that is there whole or, where that fails, as it was before. Raises OSError."""
    from hedgebook.engine.sweep.store.parts import write_whole

    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        # A pipe or a device keeps its name.
        target.write_bytes(data)
        return
    write_whole(target, lambda file: file.write(data))
