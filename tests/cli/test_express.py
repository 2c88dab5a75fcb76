"""hedgebook express: text, JSON, folder, replay; what cannot be asked exits 2 with one message and writes nothing."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from tests.front.desk.test_express_chain import COARSE, quotes

from .console import hedgebook

TRADE = "long-meta-short-neocloud"
OWN = ("express", TRADE, "--only", "long-put,collar")


@lru_cache(maxsize=4)
def told(equal: str) -> Any:
    done = hedgebook(*OWN, "--equal", equal, "--json", cwd=Path.cwd())
    assert done.code == 0, done.err
    return done.json


def of(found: Any, name: str) -> Any:
    return next(one for one in found["expressions"] if one["name"] == name)


@pytest.mark.parametrize("equal", ["delta", "premium", "var"])
def test_each_way_of_being_equal(equal: str) -> None:
    found = told(equal)
    assert [one["name"] for one in found["expressions"]] == ["short-stock", "long-put", "long-stock", "collar"]
    assert found["asked"]["equal"] == equal
    put, short = of(found, "long-put"), of(found, "short-stock")
    assert put["equal"] == equal
    # APLD is cheap, CRWV and NBIS are not: half a contract of each is the most by which they differ.
    figure = {"delta": "delta_usd", "premium": "delta_usd", "var": "var_usd"}[equal]
    assert put[figure] == pytest.approx(short[figure], rel=0.03)
    for one in found["expressions"]:
        assert sum(one["explained_usd"].values()) == pytest.approx(one["pnl_usd"], abs=1e-3)
    fees = [case["fees_annual"]["CRWV"] for case in found["borrow"]]
    assert (fees[0], fees[2]) == (0.0, 1.5)
    paid = [case["pnl_usd"] for case in found["borrow"]]
    assert paid[0]["short-stock"] > paid[1]["short-stock"] > paid[2]["short-stock"]
    assert paid[0]["long-put"] > paid[1]["long-put"] > paid[2]["long-put"]
    assert found["modelled"] is True


def test_text_says_what_quotes_are_and_what_borrow_does() -> None:
    done = hedgebook(*OWN, cwd=Path.cwd())
    assert (done.code, done.err) == (0, "")
    for said in ("Modelled option quotes", "Side by side", "P&L by borrow fee", "Borrow 150%", "Long put", "Collar"):
        assert said in done.out
    assert "Put spread" not in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--equal", "vega"), "delta, premium, var"),
        (("--delta", "1.5"), "0.02 to 0.9"),
        (("--only", "long-pot"), "long-put"),
        (("--sweep", "delta=0.5:0.1:0.1"), "FIRST:LAST:STEP"),
        (("--sweep", "delta=0.4:0.2:0.05"), "the first value, 0.4, is above the last, 0.2"),
        (("--sweep", "delta=20:40:5"), "20d is 0.20: write delta=0.2:0.4:0.05"),
        (("--sweep", "width=10,15"), "15% is 0.15: write width=0.1,0.15"),
        (("--sweep", ""), "nothing is named to sweep"),
        (("--sweep", " , "), "nothing is named to sweep"),
        (("--sweep", "delta=0.1:0.9:0.0001,days=20:90:1"), "too many sets over all expressions"),
        (("--chain", "nowhere.csv"), "no such file"),
        (("--days", "0"), "1 to 730"),
    ],
)
def test_what_cannot_be_asked_exits_2_and_writes_nothing(more: tuple[str, str], said: str, tmp_path: Path) -> None:
    own = OWN[:2] if more[0] == "--only" else OWN
    done = hedgebook(*own, *more, "--out", "o", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert not (tmp_path / "o").exists()


def test_a_folder_has_every_document_and_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "CRWV.csv").write_text(quotes("2026-06-30T20:00:00Z", COARSE, 0.8).to_csv(index=False))
    args = ("express", TRADE, "--only", "long-put", "--chain", "CRWV.csv")
    done = hedgebook(*args, "--out", "o", "--pdf", "--xlsx", cwd=tmp_path)
    assert done.code == 0, done.err
    made = tmp_path / "o"
    page = (made / "report.html").read_text()
    for said in ("What borrow decides", "before expiry", "Quotes of the chain stand as they are"):
        assert said in page
    assert (made / "report.pdf").read_bytes().startswith(b"%PDF")
    told_usd = {one["name"]: one["pnl_usd"] for one in json.loads((made / "express.json").read_text())["expressions"]}
    book = openpyxl.load_workbook(made / "report.xlsx", read_only=True)
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    for value in told_usd.values():
        assert any(isinstance(cell, float) and cell == pytest.approx(value, abs=0.01) for cell in cells)
    again = hedgebook("replay", "o", cwd=tmp_path)
    assert again.code == 0, again.out + again.err
    assert "Identical" in again.out
    # Another chain under the same name is another result, and the replay says so.
    (tmp_path / "CRWV.csv").write_text(quotes("2026-06-30T20:00:00Z", COARSE, 1.1).to_csv(index=False))
    other = hedgebook("replay", "o", cwd=tmp_path)
    assert other.code != 0
    assert "Identical" not in other.out


def test_all_sets_of_a_sweep_stand_in_its_folder_and_are_made_again(tmp_path: Path) -> None:
    args = ("express", TRADE, "--only", "put-spread", "--sweep", "delta=0.3,0.5,days=30,31,width=0.1,0.2")
    done = hedgebook(*args, "--out", "o", "--xlsx", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    sets = pd.read_parquet(tmp_path / "o" / "sweep.parquet")
    assert len(sets) == 2 + 9  # both legs in shares, and eight spreads beside the one that is asked for
    told = json.loads((tmp_path / "o" / "express.json").read_text())["sweep"]
    assert told["count"] == len(sets)
    # 30 and 31 days have one expiry: what holds the same is told once, and how many do.
    assert sorted(one["sets"] for one in told["sets"]) == [1, 2, 2, 2, 2]
    spreads = sets[sets["structure"] == "put-spread"]
    assert [one["pnl_usd"] for one in told["sets"]] == sorted(set(spreads["pnl_usd"]), reverse=True)
    book = openpyxl.load_workbook(tmp_path / "o" / "report.xlsx", read_only=True)
    (sheet,) = (one for one in book if one.title.lower().startswith("sweep") and one.max_row and one.max_row > 11)
    assert sheet.max_row >= len(sets) + 1
    again = hedgebook("replay", "o", cwd=tmp_path)
    assert again.code == 0, again.out + again.err
    assert "Identical" in again.out
    manifest = json.loads((tmp_path / "o" / "manifest.json").read_text())
    manifest["result"]["table_sha256"] = "0" * 64
    (tmp_path / "o" / "manifest.json").write_text(json.dumps(manifest))
    sets.assign(pnl_usd=sets["pnl_usd"] + 1.0).to_parquet(tmp_path / "o" / "sweep.parquet")
    other = hedgebook("replay", "o", cwd=tmp_path)
    assert other.code != 0
    assert "pnl_usd of set 0" in other.out
