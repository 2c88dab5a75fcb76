"""--confirm-move: a price file with a move like a split's is refused, and read once the move is confirmed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hedgebook.universes.market import FIELDS
from hedgebook.universes.sample import sample_market

from .console import hedgebook

DAY = "2026-05-15"
COMMANDS = (
    ("run", "long-meta-short-neocloud", "--out", "there", "--overwrite"),
    ("check",),
    ("trades",),
    ("events",),
    ("universes", "ai_infrastructure"),
    ("capacity",),
)


@pytest.fixture(scope="module")
def unadjusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample market as a long file, in which NVDA's split of 4:1 on a day was left unadjusted."""
    market = sample_market()
    fields = {field: market.frame(field).stack(future_stack=True) for field in FIELDS}
    table = pd.DataFrame(fields).rename_axis(["date", "ticker"]).reset_index()
    early = (table["ticker"] == "NVDA") & (table["date"] < DAY)
    table.loc[early, ["open", "high", "low", "close"]] *= 4.0
    path = tmp_path_factory.mktemp("prices") / "unadjusted.parquet"
    table.to_parquet(path)
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_with_prices_refuses_and_takes_a_confirmation(
    command: tuple[str, ...], unadjusted: Path, tmp_path: Path
) -> None:
    refused = hedgebook(*command, "--prices", unadjusted, cwd=tmp_path)
    if command[0] == "check":  # which lists it beside whatever else it finds
        assert refused.code == 1
        for part in ("unadjusted.parquet", "no command takes it", "NVDA", "4:1", DAY):
            assert part in refused.out, refused.out
    else:
        assert refused.code == 2
        for part in ("unadjusted.parquet, row ", "NVDA moves to", "4:1", f"--confirm-move NVDA:{DAY}"):
            assert part in refused.err, refused.err
    confirmed = hedgebook(*command, "--prices", unadjusted, "--confirm-move", f"NVDA:{DAY}", cwd=tmp_path)
    assert confirmed.code == 0, confirmed.err


def test_check_lists_what_is_confirmed(unadjusted: Path, tmp_path: Path) -> None:
    found = hedgebook("check", unadjusted, "--confirm-move", f"NVDA:{DAY}", cwd=tmp_path)
    assert "confirmed as real, though a split could have made them (1): NVDA -7" in " ".join(found.out.split())
    as_json = hedgebook("check", unadjusted, "--confirm-move", f"NVDA:{DAY}", "--json", cwd=tmp_path).json
    (move,) = as_json["confirmed_moves"]
    assert (move["ticker"], move["session"], move["ratio"]) == ("NVDA", DAY, "4:1")


def test_the_option_repeats(unadjusted: Path, tmp_path: Path) -> None:
    table = pd.read_parquet(unadjusted)
    early = (table["ticker"] == "AMD") & (table["date"] < DAY)
    table.loc[early, ["open", "high", "low", "close"]] /= 10.0
    path = tmp_path / "two.parquet"
    table.to_parquet(path)
    both = ("--confirm-move", f"NVDA:{DAY}", "--confirm-move", f"AMD:{DAY}")
    assert hedgebook("check", path, *both[:2], cwd=tmp_path).code == 1
    assert hedgebook("check", path, *both, cwd=tmp_path).code == 0


BAD = {
    "NVDA": ("not a ticker and a session", "TICKER:DATE"),
    f":{DAY}": ("not a ticker and a session", "TICKER:DATE"),
    "NVDA:": ("not a ticker and a session", "TICKER:DATE"),
    "NVDA:may": ("not a ticker and a session", "NVDA, may"),
    f"NVDIA:{DAY}": ("NVDIA has no prices in", "Did you mean 'NVDA'?"),
    "NVDA:2026-05-18": ("did not move", f"Did you mean {DAY}"),
}


@pytest.mark.parametrize("given", BAD)
def test_bad_confirmations_exit_with_two(given: str, unadjusted: Path, tmp_path: Path) -> None:
    found = hedgebook("check", unadjusted, "--confirm-move", given, cwd=tmp_path)
    assert found.code == 2
    for part in BAD[given]:
        assert part in found.err, found.err


@pytest.mark.parametrize("command", ["run", "trades", "events"])
def test_the_sample_market_has_nothing_to_confirm(command: str, tmp_path: Path) -> None:
    found = hedgebook(command, "--confirm-move", f"NVDA:{DAY}", cwd=tmp_path)
    assert found.code == 2
    assert "the sample market has no move to confirm" in found.err
    assert "--prices" in found.err
