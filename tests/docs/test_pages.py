"""The pages are what their scripts write, their examples run, and their links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import runpy
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs import examples

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
WRITTEN = {name: f"{name}_markdown" for name in ("accounting", "api", "commands", "journal")}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_page_is_up_to_date(name: str) -> None:
    written = runpy.run_path(str(DOCS / f"{name}.py"))[WRITTEN[name]]()
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == written, f"python docs/{name}.py > docs/{name}.md"


def test_the_accounting_notices_a_wrong_number(monkeypatch: pytest.MonkeyPatch) -> None:
    from docs import accounting

    monkeypatch.setattr(accounting, "CASH_ANNUAL", 0.0301)
    with pytest.raises(AssertionError, match="2026-07-02"):
        accounting.accounting_markdown()


@pytest.mark.parametrize("page", examples.pages(), ids=lambda page: page.stem)
def test_the_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert examples.run_page(page) == len([block for block in examples.blocks(page) if not block.peer])


def test_an_example_that_fails_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("<!-- runnable -->\n```console\n$ hedgebook trades no-such\n```\n")
    with pytest.raises(AssertionError, match="ended with 2"):
        examples.run_page(page)


def test_the_fills_of_the_journal_page_pass_on_the_sample_market(tmp_path: Path) -> None:
    import hedgebook as hb
    from hedgebook.strategies.journal.fills_file import read_fills

    (shown,) = re.findall(
        r"^```\n(date,ticker,shares.*?)^```$", (DOCS / "journal.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "fills.csv").write_text(shown)
    found = read_fills(tmp_path / "fills.csv", hb.sample_market())
    assert [f"{one.session},{one.ticker},{one.shares:.0f}" for one in found] == [
        line.rsplit(",", 2)[0] for line in shown.splitlines()[1:]
    ]


def test_every_name_and_command_stands_there() -> None:
    import hedgebook as hb
    from hedgebook.cli.app import app

    api, commands = ((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("api", "commands"))
    assert set(re.findall(r"^### hb\.(\w+)$", api, flags=re.MULTILINE)) == set(hb.__all__)
    for command in app.registered_commands:
        assert f"\n## hedgebook {command.name}\n" in commands


def test_the_picture_is_xml_of_text_alone() -> None:
    picture = ElementTree.parse(DOCS / "data-flow.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert not [one for one in picture.iter() if one.tag.endswith(("image", "script"))]


@pytest.mark.skipif(importlib.util.find_spec("material") is None, reason="mkdocs-material is not installed")
def test_the_site_builds_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "index.html").is_file()
    assert not list((tmp_path / "site").rglob("*.py"))
