"""Where the ledger of a workspace lies, and whether one is kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SWITCH = "HEDGEBOOK_LEDGER"
OFF = ("off", "no", "none", "0", "false")
MARK, FILE = ".hedgebook", "ledger.sqlite"


def ledger_path(start: Path | None = None) -> Path | None:
    """The file of the ledger that counts in a folder (None: the working directory); None where it is switched off.

    HEDGEBOOK_LEDGER names a file, or switches it off with "off". Else it is that of the nearest folder, upward, that
    has a folder .hedgebook in it, and without one that of the user's data folder.
    """
    told = os.environ.get(SWITCH, "").strip()
    if told.lower() in OFF:
        return None
    if told:
        return Path(told).expanduser()
    return workspace_file(FILE, start)


def workspace_file(name: str, start: Path | None = None) -> Path:
    """A file of the nearest folder, upward, that has a folder .hedgebook in it; without one, of the data folder."""
    try:
        here = (start or Path.cwd()).resolve()
    except OSError:  # the working directory is gone
        return data_folder() / name
    for folder in (here, *here.parents):
        if (folder / MARK).is_dir():
            return folder / MARK / name
    return data_folder() / name


def data_folder() -> Path:
    """The folder for a user's data of this program, as the system has it."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "hedgebook"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "hedgebook"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "hedgebook"
