"""Seals of a folder: no byte of a sealed file can be changed unseen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgebook.reports.page.files import broken_seals, write_frame, write_sealed


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    other, path = tmp_path / "other.parquet", tmp_path / "sealed.parquet"
    write_frame(pd.DataFrame({"b": [1.0, 2.0]}), other)
    write_sealed(pd.DataFrame({"a": np.arange(9.0)}), path, [other])
    return path


def test_what_nobody_touched_is_sound(sealed: Path) -> None:
    assert broken_seals(sealed) == ()


def test_every_byte_counts_also_those_of_the_seals_name(sealed: Path) -> None:
    data = sealed.read_bytes()
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x20
        sealed.write_bytes(bytes(changed))
        try:
            found = broken_seals(sealed)
        except Exception:  # a file that cannot be read is told as such by who asks
            continue
        assert found, at


def test_another_file_that_changed_is_named(sealed: Path) -> None:
    other = sealed.with_name("other.parquet")
    other.write_bytes(other.read_bytes() + b"x")
    assert broken_seals(sealed) == ("other.parquet",)
    other.unlink()
    assert broken_seals(sealed) == ("other.parquet",)


def test_a_file_that_was_written_anew_has_no_seal(sealed: Path) -> None:
    pd.read_parquet(sealed).to_parquet(sealed)
    assert broken_seals(sealed) == ()
