"""How single files of results are written: JSON that is UTF-8, tables with checksums, pages there whole or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


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


def write_whole_text(text: str, path: Path) -> None:
    """Write a text file that is there whole or, where that fails, as it was before. Raises OSError."""
    from hedgebook.engine.sweep.store.parts import write_whole

    data = text.encode("utf-8", "replace")
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        # A pipe or a device keeps its name.
        target.write_bytes(data)
        return
    write_whole(target, lambda file: file.write(data))
