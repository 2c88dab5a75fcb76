"""The wheel, installed into a clean environment, works away from the sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IGNORED = {".git", ".venv", "__pycache__", "build", "dist", ".mypy_cache", ".ruff_cache", ".pytest_cache", "runs"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the tree, so that no build files stay behind."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    _copy_tree(ROOT, copy)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(copy)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def _copy_tree(source: Path, target: Path) -> None:
    import shutil

    shutil.copytree(
        source,
        target,
        symlinks=True,
        ignore=lambda _, names: [name for name in names if name in IGNORED or name.endswith(".egg-info")],
    )


@pytest.fixture(scope="module")
def clean_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own that has the wheel, and this one's libraries but not its hedgebook."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    where = "import site; print(site.getsitepackages()[0])"
    site = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    # A path file inside a folder that is itself added by a path file is not read: the editable install that
    # these tests run from stays invisible.
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    subprocess.run([*command, "--ignore-installed", "--no-index", str(wheel)], check=True, capture_output=True)
    return python


def test_the_wheel_holds_packages_and_data_and_no_top_level_folders(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"hedgebook"}
    for needed in (
        "hedgebook/universes/data/events.toml",
        "hedgebook/universes/data/sample_market.csv",
        "hedgebook/engine/data/costs.toml",
        "hedgebook/strategies/data/trades.toml",
        "hedgebook/reports/page/templates/report.html",
        "hedgebook/py.typed",
    ):
        assert needed in names


def test_the_installed_wheel_runs_the_flagship(clean_python: Path, tmp_path: Path) -> None:
    script = clean_python.with_name("hedgebook")
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    where = subprocess.check_output(
        [clean_python, "-c", "import hedgebook.engine; print(hedgebook.engine.__file__)"], text=True, cwd=tmp_path
    )
    assert str(clean_python.parents[1]) in where
    subprocess.run([script, "--help"], check=True, capture_output=True, cwd=tmp_path)
    done = subprocess.run(
        [script, "run", "--json", "--out", "mine"], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["simulated"] is True
    assert (tmp_path / "mine" / "report.html").is_file()


def test_no_top_level_module_is_installed(clean_python: Path, tmp_path: Path) -> None:
    names = ("engine", "reports", "strategies", "universes")
    probe = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"
    assert subprocess.check_output([clean_python, "-c", probe], text=True, cwd=tmp_path).strip() == "[]"
