"""Numbers as web sites write them: with a currency sign, thousands between commas, and K, M or B behind."""

from __future__ import annotations

from typing import Any

import numpy as np

SIZES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
DRESSED = r"^\$?[+-]?\$?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?[KMBTkmbt]?%?$"
NOTHING = ("-", "--", "N/A", "n/a", "")


def plain_numbers(column: Any) -> Any:
    """A column of text with "$612.91", "1,234.5", "1.2M" as numbers; a cell that is none of these stays text.

    One cell that is no number leaves the whole column as text without signs, for the reader to name it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    text = pc.if_else(pc.is_in(text, pa.array(NOTHING, pa.string())), pa.scalar(None, pa.string()), text)
    fits = pc.fill_null(pc.match_substring_regex(text, DRESSED), True)
    bare = pc.replace_substring_regex(text, r"[$,%]", "")
    size = np.ones(len(text))
    last = pc.utf8_upper(pc.utf8_slice_codeunits(bare, -1))
    for letter, factor in SIZES.items():
        size[pc.fill_null(pc.equal(last, letter), False).to_numpy(zero_copy_only=False).astype(bool)] = factor
    bare = pc.replace_substring_regex(bare, r"[KMBTkmbt]$", "")
    if not pc.all(fits).as_py():
        return pc.if_else(fits, bare, text)
    try:
        values = np.asarray(bare.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowInvalid:
        return bare
    return pa.array(values * size, from_pandas=True)
