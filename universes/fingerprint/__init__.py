"""What decides a number, written down by its content: equal fingerprints stand for the same sweep or run.

A fingerprint is a value ready for JSON. Files, tables and code stand in it by their SHA-256 and small values as they
are, so that two of them can be compared key by key and what differs can be named. What a file is called, where it
lies and when it was written decides nothing: such words stand under the key `named`, which `bare` takes out.
"""

from __future__ import annotations

from .code import of_code
from .differences import Difference, differences
from .market import of_market, of_universe
from .program import of_program
from .values import NAMED, bare, digest, of_file, of_model, of_value

__all__ = [
    "NAMED", "Difference", "bare", "differences", "digest", "of_code", "of_file", "of_market", "of_model", "of_program",
    "of_universe", "of_value",
]  # fmt: skip
