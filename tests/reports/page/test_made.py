"""What a report says of how it was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from hedgebook import __version__
from hedgebook.reports.page.made import forget_command, made, made_section, remember_command

DAY = date(2031, 2, 3)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    forget_command()


def facts() -> dict[str, str]:
    return dict(made_section().facts)


def test_a_script_makes_a_report_of_versions_alone() -> None:
    assert made() is None
    assert list(facts()) == ["Versions"]
    assert f"hedgebook {__version__}" in facts()["Versions"]


def test_a_command_stands_as_it_can_be_typed_again() -> None:
    remember_command(["run", "my trade", "--set", "hold=5", "--out", "a b"], DAY)
    assert facts()["Command"] == "hedgebook run 'my trade' --set hold=5 --out 'a b'"
    assert facts()["Made on"] == "2031-02-03"


@pytest.mark.parametrize(
    "argument",
    [
        "postgresql://ann:pa55word@host/db",
        "--storage=postgresql://ann:pa55word@host/db",
        "mysql://host/db?password=pa55word",
        "--prices=redis://:pa55word@host",
    ],
)
def test_a_password_is_never_kept(argument: str) -> None:
    remember_command(["sweep", "--storage", argument], DAY)
    assert "pa55word" not in str(made())
    assert "://***" in facts()["Command"]


def test_a_plain_url_stays() -> None:
    remember_command(["sweep", "--storage", "sqlite:///a.db"], DAY)
    assert facts()["Command"].endswith("--storage sqlite:///a.db")


def test_the_command_line_says_its_command_and_forgets_it(tmp_path: object) -> None:
    from hedgebook.cli import main

    with pytest.raises(SystemExit):
        main(["run", "long-meta-short-neocloud", "--out", f"{tmp_path}/out"])
    assert made() is None
    with open(f"{tmp_path}/out/report.html", encoding="utf-8") as file:
        page = file.read()
    assert "hedgebook run long-meta-short-neocloud --out" in page
    assert f"{date.today():%Y-}" in page
