"""pyproject.toml lists every package and every data file that is on disk."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("engine", "reports", "strategies", "universes")
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
LISTED = CONFIG["tool"]["setuptools"]["packages"]


def packages_on_disk() -> dict[str, Path]:
    found = {}
    for init in sorted((ROOT / "src" / "hedgebook").rglob("__init__.py")):
        parts = init.parent.relative_to(ROOT / "src").parts
        if len(parts) == 1 or parts[1] not in FOLDERS:
            found[".".join(parts)] = init.parent
    for folder in FOLDERS:
        for init in sorted((ROOT / folder).rglob("__init__.py")):
            found[".".join(("hedgebook", *init.parent.relative_to(ROOT).parts))] = init.parent
    return found


def test_every_package_is_listed() -> None:
    assert sorted(LISTED) == sorted(packages_on_disk())
    assert sorted(LISTED) == LISTED


def test_every_folder_with_modules_is_a_package() -> None:
    known = set(packages_on_disk().values())
    for folder in FOLDERS:
        for module in (ROOT / folder).rglob("*.py"):
            assert module.parent in known, module


def test_every_data_file_is_shipped() -> None:
    shipped = CONFIG["tool"]["setuptools"]["package-data"]
    for name, path in packages_on_disk().items():
        for file in path.iterdir():
            if file.is_file() and file.suffix not in {".py", ".pyc", ".nbi", ".nbc"}:
                assert any(fnmatch(file.name, pattern) for pattern in shipped.get(name, [])), file


def test_the_root_shows_the_four_folders_and_the_symlinks_lead_to_them() -> None:
    for folder in FOLDERS:
        assert (ROOT / folder).is_dir()
        link = ROOT / "src" / "hedgebook" / folder
        if link.is_symlink():  # a checkout without symlinks has small text files here, and still works
            assert link.resolve() == ROOT / folder


def test_constraints_pin_what_was_promised() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    assert pins["numpy"] == "2.4.6"
    assert pins["pandas"].startswith("3.1.")
    assert pins["numba"].startswith("0.68.")
    assert pins["vectorbt"] == "1.2.0"
    assert pins["empyrical-reloaded"] == "0.7.1"


def test_every_package_that_the_source_imports_is_installed_with_it() -> None:
    project = CONFIG["project"]
    # Extras that a user asks for by name; what tests alone need is none of them.
    extras = [one for name, of in project["optional-dependencies"].items() if name != "dev" for one in of]
    wanted = {re.split(r"[<>=!\[;]", one)[0].lower() for one in (*project["dependencies"], *extras)}
    homes = importlib.metadata.packages_distributions()
    found = set()
    for name, path in packages_on_disk().items():
        for module in path.glob("*.py"):
            for line in re.findall(r"^\s*(?:import|from) (\w+)", module.read_text(), re.MULTILINE):
                if line not in sys.stdlib_module_names and line != "hedgebook":
                    found.add((line, name))
    assert {"openpyxl", "pandas", "numba"} <= {name for name, _ in found}
    # What these bring along themselves: typer has click, pydantic its core, jinja2 markupsafe.
    carried = {"pydantic_core", "annotated_types", "markupsafe"}
    lost = {
        pair for pair in found
        if pair[0] not in carried and not {one.lower() for one in homes.get(pair[0], [])} & wanted
    }  # fmt: skip
    assert lost == set()
