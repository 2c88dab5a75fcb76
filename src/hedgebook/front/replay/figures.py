"""The JSON file of figures that stands in a folder, whatever kind of result wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hedgebook.reports.page.document import MANIFEST


def figures_in(folder: Path) -> dict[str, Any] | None:
    """What the JSON file of a folder's figures holds, None where there is none that can be read."""
    for file in sorted(folder.glob("*.json")):
        if file.name == MANIFEST:
            continue
        try:
            found = json.loads(file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(found, dict):
            return None
        results = found.get("results") if file.name == "sweep.json" else found
        return results if isinstance(results, dict) else None
    return None
