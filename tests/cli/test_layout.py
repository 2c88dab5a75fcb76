"""Tables in a terminal: text wraps, columns are left out by name, and no number is ever cut."""

from __future__ import annotations

import random
import re

import pytest

from hedgebook.cli.layout import set_table, wide
from hedgebook.cli.output import print_tables
from hedgebook.reports.page.table import Column, Table, columns

WORDS = ("margin", "a", "stop", "of", "the", "leg", "hedged", "oracle-rpo-2025", "2026-07-01", "−1,234.56", "半導体")


def made_up(seed: int) -> Table:
    draw = random.Random(seed)
    count = draw.randint(1, 9)
    heads = [
        Column(f"H{j}" * draw.randint(1, 4), right=draw.random() < 0.6, rank=draw.choice((0, 0, -1)))
        for j in range(count)
    ]
    rows = tuple(
        tuple(
            f"{draw.uniform(-1, 1) * 10 ** draw.randint(0, 12):,.{draw.randint(0, 4)}f}"
            if head.right
            else " ".join(draw.choices(WORDS, k=draw.randint(0, 12)))
            for head in heads
        )
        for _ in range(draw.randint(1, 6))
    )
    return Table("Made up", tuple(heads), rows, totals=draw.randint(0, 1))


@pytest.mark.parametrize("seed", range(200))
def test_every_number_that_is_shown_is_whole_and_no_column_goes_without_being_named(seed: int) -> None:
    table, width = made_up(seed), random.Random(seed + 1000).randint(24, 200)
    made = set_table(table, width)
    kept = [j for j, column in enumerate(table.columns) if column.name not in made.left_out]
    assert 0 in kept
    for row, lines in zip(table.rows, made.rows, strict=True):
        text = "\n".join(lines)
        for j in kept:
            if table.columns[j].right:
                assert row[j] in lines[0]
            else:
                assert all(word in text for word in row[j].split())
    if len(kept) > 1:
        assert max(wide(line) for lines in (made.head, *made.rows) for line in lines) <= width
    assert "…" not in "".join("".join(lines) for lines in made.rows)


@pytest.mark.parametrize("seed", range(40))
def test_a_file_gets_every_column(seed: int) -> None:
    table = made_up(seed)
    made = set_table(table, 40, whole=True)
    assert made.left_out == ()
    assert all(column.name in made.head[0] for column in table.columns)


def test_a_column_goes_only_where_it_must_the_rightmost_first_and_a_kept_one_last() -> None:
    table = Table(
        "P&L",
        columns("Name", "One", "Two", "Three", "Total", keep=("Total",)),
        (("ab", "1,000.00", "2,000.00", "3,000.00", "6,000.00"),),
    )
    # 4 + 4 times 2 + 8: 42 characters take all; each column that goes gives 10 back.
    gone = [set_table(table, width).left_out for width in (44, 43, 34, 33, 24, 23)]
    assert gone == [(), ("Three",), ("Three",), ("Two", "Three"), ("Two", "Three"), ("One", "Two", "Three")]


def test_text_wraps_at_words_before_a_column_goes() -> None:
    table = Table("Why", columns("Reason", "Sets", left=1), (("a position without any price at all", "1,234"),))
    made = set_table(table, 24)
    assert made.left_out == ()
    assert made.rows[0][0].endswith("1,234")
    assert " ".join(line.removesuffix("1,234").strip() for line in made.rows[0]) == table.rows[0][0]
    assert max(map(len, made.rows[0])) <= 24


def test_a_cell_of_many_lines_or_of_100_000_characters_stays_a_row() -> None:
    made = set_table(Table("t", columns("Name", "Value"), (("two\nlines", "1"), ("x" * 100_000, "2"))), 80)
    assert made.rows[0] == (made.rows[0][0],)
    assert "two lines" in made.rows[0][0]
    assert max(map(len, made.rows[1])) <= 80


def test_what_is_not_shown_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wide_one = Table("Wide", columns("Name", *(f"Column {j}" for j in range(9))), (("row", *["2,913.25"] * 9),))
    monkeypatch.setenv("COLUMNS", "60")
    print_tables(wide_one)
    shown = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert "Not shown at this width: Column 5, Column 6, Column 7, Column 8; see the report or --json." in shown
    assert shown.count("2,913.25") == 5
    monkeypatch.delenv("COLUMNS")
    print_tables(wide_one)
    shown = capsys.readouterr().out
    assert "Not shown" not in shown
    assert shown.count("2,913.25") == 9


def test_a_table_without_a_title_has_no_empty_line_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_tables(Table("", columns("Figure", "Value"), (("Return", "1%"),)))
    assert capsys.readouterr().out.splitlines()[0].split() == ["Figure", "Value"]
