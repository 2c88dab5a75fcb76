"""Fixtures that every test may use; those that need the shared data skip where it is absent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .postgres import Cluster, programs, running, unprivileged

if TYPE_CHECKING:
    from hedgebook.universes.market import Market

# What tests run is nobody's trial: the ledger of who runs them stays as it is, also in processes that tests start.
os.environ["HEDGEBOOK_LEDGER"] = "off"

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session", autouse=True)
def _no_store_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The price store of whoever runs the tests stays out of them, also of the commands that they start."""
    before = os.environ.get("HEDGEBOOK_DATA")
    none = tmp_path_factory.mktemp("data") / "none"
    os.environ["HEDGEBOOK_DATA"] = str(none)
    yield none
    if before is None:
        del os.environ["HEDGEBOOK_DATA"]
    else:
        os.environ["HEDGEBOOK_DATA"] = before


@pytest.fixture(scope="session", autouse=True)
def _kernels(tmp_path_factory: pytest.TempPathFactory, _no_store_of_the_user: Path) -> None:
    """Processes that share the tests compile each kernel once, not each for itself."""
    worker, count = os.environ.get("PYTEST_XDIST_WORKER"), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if worker is not None:
        from .compiled import compile_share

        compile_share(worker, count, tmp_path_factory.getbasetemp().parent)


@pytest.fixture(autouse=True)
def _no_store_of_another_test(_no_store_of_the_user: Path) -> Iterator[None]:
    """A test that fills a store has one of its own: whatever is found in that of all decides what others read."""
    yield
    if _no_store_of_the_user.exists():
        shutil.rmtree(_no_store_of_the_user)
        pytest.fail("this filled the price store of all tests: set HEDGEBOOK_DATA to a folder of its own")


@pytest.fixture(scope="session")
def market() -> Market:
    """The embedded sample market."""
    from hedgebook.universes.sample import sample_market

    return sample_market()


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL of the tests' own."""
    home, begin = programs(), unprivileged()
    if home is None:
        pytest.skip("needs PostgreSQL (Debian: apt-get install postgresql), which is absent here")
    if begin is None:
        pytest.skip("PostgreSQL refuses root, and there is no other user to start it as")
    with running(home, begin) as cluster:
        yield cluster
