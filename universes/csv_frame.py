"""A table of a CSV file as a frame of text, whose rows know their lines."""

from __future__ import annotations

import pandas as pd

from hedgebook.errors import InputError

from .counted import counted
from .raw_file import check_separator, csv_rows


def csv_frame(data: bytes, *, source: str, error: type[InputError], form: str) -> pd.DataFrame:
    """The cells as text without outer blanks, by column of the header, indexed by the lines that they stand on.

    form: how such a file should look, for messages. Raises `error` for what is no CSV, for an empty file, for a column
    that stands twice, and for a row with more or fewer cells than the header.
    """
    rows = csv_rows(data, source=source, error=error, form=form)
    if not rows:
        raise error("the file is empty", where=source, remedy=form)
    (line, header), *rest = rows
    check_separator(",".join(header), where=f"{source}, line {line}", error=error)
    twice = [name for k, name in enumerate(header) if name and name in header[:k]]
    if twice:
        raise error("this column stands twice", where=f"{source}, line {line}", value=twice[0], remedy=form)
    for line, cells in rest:
        if len(cells) != len(header):
            what = f"the row has {counted(len(cells), 'cell')} where the header has {len(header)}"
            raise error(what, where=f"{source}, line {line}", remedy=form)
    return pd.DataFrame([cells for _, cells in rest], columns=header, index=[line for line, _ in rest], dtype=str)
