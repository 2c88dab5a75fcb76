"""The digest of the rows that a fetch added, by which they are known to be what was written."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ..market import FIELDS

ORDERED = "ORDER BY basis, ticker, session"


def rows_sha256(table: Any) -> str:
    """SHA-256 of price rows (an Arrow table with ticker, session, basis and the fields, in the order of ORDERED)."""
    import pyarrow as pa

    digest = hashlib.sha256()
    for name in ("basis", "ticker"):
        for text in table.column(name).to_pylist():
            digest.update(f"{text}\0".encode())
    days = table.column("session").cast(pa.int32()).to_numpy()
    digest.update(np.ascontiguousarray(days, dtype="<i4").tobytes())
    for field in FIELDS:
        values = table.column(field).to_numpy(zero_copy_only=False) if len(table) else np.zeros(0)
        digest.update(np.ascontiguousarray(np.where(np.isnan(values), np.nan, values), dtype="<f8").tobytes())
    return digest.hexdigest()
