"""A result that no function made again says how it comes about."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgebook.errors import RunFolderError
from hedgebook.front.replay.manifest import call_told


def test_what_no_function_makes_names_its_command() -> None:
    manifest = {"call": None, "made": {"command": "hedgebook check mine.csv --out checked"}}
    with pytest.raises(RunFolderError, match="Run its command again: hedgebook check mine"):
        call_told(manifest, Path("checked"))
    with pytest.raises(RunFolderError, match="Save what a function of hedgebook gave"):
        call_told({"call": None, "made": {"command": None}}, Path("kept"))
