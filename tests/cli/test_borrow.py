"""hedgebook borrow: the fee of a chain by itself and against an easy name, with errors; bad files exit 2."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.reports.page.numbers import percent
from tests.universes.chains.made_up import made_up_chain

from .console import hedgebook

STRIKES = (90.0, 95.0, 100.0, 105.0, 110.0)


def test_a_fee_against_an_easy_name_with_its_error(tmp_path: Path) -> None:
    # Both stocks are funded at 4.4 %; one pays a fee of 12 % besides, and its spot is of another moment.
    made_up_chain(rate=0.044, carry=0.12, strikes=STRIKES, told_spot=101.0).to_csv(tmp_path / "DEAR.csv", index=False)
    made_up_chain(rate=0.044, strikes=STRIKES).to_csv(tmp_path / "EASY.csv", index=False)
    args = ("borrow", "DEAR.csv", "--against", "EASY.csv", "--rate", "0.0375")
    found = hedgebook(*args, "--json", cwd=tmp_path).json
    assert found["relative"]["annual"] == pytest.approx(0.12, abs=1e-3)
    assert 0.0 < found["relative"]["error_annual"] < 0.01
    assert found["borrow"]["annual"] == pytest.approx(0.12 - 0.0065, abs=1e-3)
    assert found["moments"][0]["spot_offset_frac"] == pytest.approx(-0.0099, abs=5e-4)
    assert found["dropped"] == {"DEAR": {}, "EASY": {}}
    shown = hedgebook(*args, cwd=tmp_path)
    assert shown.code == 0
    assert "a year above that of EASY, error" in shown.out


def test_a_rate_of_five_is_not_taken_for_500_percent(tmp_path: Path) -> None:
    made_up_chain(rate=0.044, carry=0.12, strikes=STRIKES).to_csv(tmp_path / "DEAR.csv", index=False)
    for option in ("--rate", "--dividend-yield", "--against-dividend-yield"):
        done = hedgebook("borrow", "DEAR.csv", option, "5", cwd=tmp_path)
        assert (done.code, done.out) == (2, "")
        assert f"{option}: a percentage or a multiple? (got '5')" in done.err
        assert "Write 0.05 for 5%." in done.err
        assert hedgebook("borrow", "DEAR.csv", option, "500%", cwd=tmp_path).code == 2
    both = [hedgebook("borrow", "DEAR.csv", "--rate", text, "--json", cwd=tmp_path).json for text in ("4%", "0.04")]
    assert both[0] == both[1]
    assert both[0]["rate_annual"] == 0.04


def test_what_is_no_chain_exits_2_with_one_message(tmp_path: Path) -> None:
    unquoted = made_up_chain(strikes=STRIKES).assign(bid=0.0, ask=0.0)
    unquoted.to_csv(tmp_path / "NONE.csv", index=False)
    for name, said in (("NONE.csv", "not quotes of an open market"), ("missing.csv", "no such file")):
        done = hedgebook("borrow", name, cwd=tmp_path)
        assert (done.code, done.out) == (2, "")
        assert said in done.err
        assert "Traceback" not in done.err


def test_a_study_sets_what_options_expected_beside_what_came(tmp_path: Path) -> None:
    """Quotes of the session before the event of the sample market, at a spot of their own."""
    table = made_up_chain(days=(9, 44, 79), strikes=STRIKES, vol=0.5, moment="2026-06-30T20:00:00Z")
    near = made_up_chain(days=(9,), strikes=STRIKES, vol=0.9, moment="2026-06-30T20:00:00Z")
    far = table[table["expiry"] != near["expiry"].iloc[0]]
    pd.concat([near, far]).to_csv(tmp_path / "META.csv", index=False)
    args = ("study", "--names", "META,AMZN", "--out", "s")
    done = hedgebook(*args, "--chain", "META.csv", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "What options of META expected at 2026-06-30" in done.out
    assert "Realised on 2026-07-01" in done.out
    # The same figures in every document, and in Python.
    told = json.loads((tmp_path / "s" / "study.json").read_text())["implied"]
    row = hb.sample_market().session_index("2026-07-01")
    assert told["realised_frac"] == pytest.approx(float(hb.sample_market().close_returns(["META"])[row, 0]))
    assert told["deviations"] == pytest.approx(told["realised_frac"] / told["deviation_frac"])
    assert (told["ticker"], told["quotes_of"], told["session"]) == ("META", "2026-06-30", "2026-07-01")
    assert told["expected_low_frac"] < told["expected_frac"] < told["expected_high_frac"]
    page = (tmp_path / "s" / "report.html").read_text()
    made = hb.event_study("meta-compute-2026", hb.sample_market(), names=["META", "AMZN"], chain=tmp_path / "META.csv")
    assert made.implied is not None
    assert made.to_dict()["implied"] == told
    assert made.implied.table.loc["META"].to_dict() == {name: x for name, x in told.items() if name != "ticker"}
    for text in (percent(told["expected_frac"]), percent(told["realised_frac"]), "What options of META expected"):
        assert text in done.out
        assert text in page
    book = openpyxl.load_workbook(made.xlsx(tmp_path / "s.xlsx"))
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert any("What options of META expected" in text for text in cells)
    assert "implied" not in hb.event_study("meta-compute-2026", hb.sample_market(), names="META").to_dict()
    late = made_up_chain(days=(9, 44, 79), strikes=STRIKES, moment="2026-07-06T20:00:00Z")
    late.to_csv(tmp_path / "META_late.csv", index=False)
    refused = hedgebook("study", "--names", "META,AMZN", "--out", "t", "--chain", "META_late.csv", cwd=tmp_path)
    assert refused.code == 2
    assert "no quotes of the week before" in refused.err
    assert not (tmp_path / "t").exists()
