"""Names of sheets, references, and keys that SUMIFS may compare."""

from __future__ import annotations

import pytest

from hedgebook.reports.workbook.text import all_plain, letters, quoted, sheet_name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("a[b]:c*d?e/f\\g", "a b c d e f g"),
        ("x" * 40, "x" * 31),
        ("'quoted'", "quoted"),
        ("", "Sheet"),
        ("*?", "Sheet"),
        ("History", "History of"),
        ("line\nbreak", "line break"),
    ],
)
def test_a_sheet_has_a_name_that_excel_takes(wanted: str, name: str) -> None:
    assert sheet_name(wanted, ()) == name


def test_no_two_sheets_are_called_alike() -> None:
    assert sheet_name("Fills", {"fills"}) == "Fills 2"
    assert sheet_name("y" * 31, {"y" * 31, "y" * 29 + " 2"}) == "y" * 29 + " 3"


def test_columns_and_names_in_formulas() -> None:
    assert [letters(j) for j in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert quoted("it's") == "'it''s'"


@pytest.mark.parametrize("key", ["=A", ">1", "A*", "A?", "~A", "5", "005", "TRUE", "-A", "", "<>"])
def test_what_sumifs_would_read_as_something_else(key: str) -> None:
    assert not all_plain(["META", key])


def test_what_sumifs_compares_as_it_stands() -> None:
    assert all_plain(["META", "BRK.B", "A-B", "(cash)", "T 1"])
    assert not all_plain(["meta", "META"])
