"""Where the price store lies: HEDGEBOOK_DATA, or the folder in which the system keeps users' data."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "HEDGEBOOK_DATA"
FILE = "prices.duckdb"


def data_folder() -> Path:
    """HEDGEBOOK_DATA where it is set, or the user's data folder by the rule of the platform."""
    own = os.environ.get(VARIABLE)
    if own:
        return Path(own).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local", "hedgebook")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "hedgebook"
    # A relative XDG_DATA_HOME is to be ignored, as its standard says.
    shared = os.environ.get("XDG_DATA_HOME", "")
    return (Path(shared) if os.path.isabs(shared) else Path.home() / ".local" / "share") / "hedgebook"


def store_file() -> Path:
    """The file of the price store."""
    return data_folder() / FILE


def is_there() -> bool:
    """Whether anything was ever fetched; nothing is loaded to find out."""
    return os.path.isfile(store_file())
