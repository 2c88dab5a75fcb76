"""A CSV file as a frame of text: lines are those of the file, whatever stands above the header."""

from __future__ import annotations

import pytest

from hedgebook.errors import ParameterError
from hedgebook.universes.raw_file import csv_frame


def read(text: str) -> list[tuple[int, list[str]]]:
    frame = csv_frame(text.encode(), source="f.csv", error=ParameterError, form="Write a,b.")
    assert list(frame.columns) == ["a", "b"]
    return [(int(line), list(row)) for line, row in zip(frame.index, frame.to_numpy(), strict=True)]


def test_cells_stay_text_and_rows_know_their_lines() -> None:
    assert read("a,b\n1, 2 \n\n007,NA\n") == [(2, ["1", "2"]), (4, ["007", "NA"])]
    assert read('"sep=,"\r\na,b\r\n1,"x\r\ny"\r\n3,\r\n') == [(4, ["1", "x\r\ny"]), (5, ["3", ""])]
    assert read("a,b\n") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.csv: the file is empty"),
        ("a,b\n1,2\n1,2,3\n", "line 3: the row has 3 cells where the header has 2"),
        ("sep=;\na;b\n1;2\n", "line 2: the columns are separated by semicolons"),
        ("a,b,a\n1,2,3\n", "line 1: this column stands twice .got 'a'"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        read(text)
