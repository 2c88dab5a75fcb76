"""Fixtures that every test may use; those that need the shared data skip where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# What tests run is nobody's trial: the ledger of who runs them stays as it is, also in processes that tests start.
os.environ["HEDGEBOOK_LEDGER"] = "off"

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real prices and golden numbers that lies beside a developer's checkout."""
    if not (SHARED / "data" / "prices.parquet").is_file():
        pytest.skip("needs ../shared (real prices and golden numbers), which is absent here")
    return SHARED


@pytest.fixture(scope="session")
def real_prices(shared: Path) -> Path:
    """The file of real daily prices."""
    return shared / "data" / "prices.parquet"
