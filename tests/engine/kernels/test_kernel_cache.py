"""Kernels run whatever the state of the disk, and code on disk that is not whole is never run."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = """
import sys
from hedgebook.engine.kernels.jit import inlined, kernel

@inlined
def twice(x):
    return 2 * x

@kernel
def add_up(values):
    total = 0.0
    for value in values:
        total += twice(value)
    return total

if __name__ == "__main__":
    import numpy as np
    print(add_up(np.array([1.0, 2.5, 3.0])), sum(add_up.stats.cache_hits.values()))
"""
FRESH, KEPT = "13.0 0", "13.0 1"


def run(folder: Path, *, before: Any = None, **environment: str) -> tuple[str, list[str]]:
    """What a process that uses the kernel prints, and the lines of its standard error."""
    script = folder / "small.py"
    script.write_text(SOURCE)
    plain = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, str(script)],
        env=plain | environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=before,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr.splitlines()


def test_compiled_code_is_kept(tmp_path: Path) -> None:
    assert run(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")) == (FRESH, [])
    assert run(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")) == (KEPT, [])


def test_without_any_writable_folder_it_is_compiled_in_memory_with_one_note(tmp_path: Path) -> None:
    # Folders below files: nobody can make them, not even root.
    (tmp_path / "file").touch()
    (tmp_path / "__pycache__").touch()
    nowhere = str(tmp_path / "file" / "below")
    found, notes = run(tmp_path, NUMBA_CACHE_DIR=nowhere, HOME=nowhere, XDG_CACHE_HOME=nowhere)
    assert found == FRESH
    assert len(notes) == 1
    assert "compiled code cannot be kept" in notes[0]
    assert "NUMBA_CACHE_DIR" in notes[0]


def test_a_full_disk_is_no_obstacle(tmp_path: Path) -> None:
    kept = tmp_path / "kept"

    def tiny_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    found, notes = run(tmp_path, before=tiny_files_only, NUMBA_CACHE_DIR=str(kept))
    assert found == FRESH
    assert len(notes) == 1
    assert "compiled code cannot be kept (File too large" in notes[0]
    assert run(tmp_path, NUMBA_CACHE_DIR=str(kept)) == (FRESH, [])
    assert run(tmp_path, NUMBA_CACHE_DIR=str(kept)) == (KEPT, [])


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", ["empty", "cut", "garbage", "one bit", "pickle of something else"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, suffix: str, damage: str) -> None:
    kept = tmp_path / "kept"
    run(tmp_path, NUMBA_CACHE_DIR=str(kept))
    (file,) = kept.rglob(f"*.{suffix}")
    whole = file.read_bytes()
    middle = len(whole) // 2
    file.write_bytes(
        {
            "empty": b"",
            "cut": whole[:middle],
            "garbage": b"\x00garbage\xff" * 30,
            "one bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "pickle of something else": b"\x80\x04K\x01.",
        }[damage]
    )
    found, notes = run(tmp_path, NUMBA_CACHE_DIR=str(kept))
    assert (found in (FRESH, KEPT)) if (suffix, damage) == ("nbi", "one bit") else found == FRESH
    assert notes == []
    assert run(tmp_path, NUMBA_CACHE_DIR=str(kept)) == (KEPT, [])


def test_kernels_run_where_compiling_is_switched_off(tmp_path: Path) -> None:
    found, notes = run(tmp_path, NUMBA_DISABLE_JIT="1", NUMBA_CACHE_DIR=str(tmp_path / "kept"))
    assert found == FRESH
    assert len(notes) == 1
    assert "NUMBA_DISABLE_JIT" in notes[0]
