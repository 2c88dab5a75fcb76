"""Kernels run whatever the state of the disk, and code on disk that is not whole is never run."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    found = add_up(np.array([1.0, 2.5, 3.0]))
    print(found, sum(add_up.stats.cache_hits.values()), "numba.np.arraymath" in sys.modules)
"""
# With the calls that read kept code, and whether numba made itself ready to compile.
FRESH, KEPT = "13.0 0 True", "13.0 1 False"
READIED = "13.0 1 True"
NOTHING_THERE = (
    "from hedgebook.engine.kernels import kernel_cache; kernel_cache.address_of_symbol = lambda name: None\n"
)


def run(folder: Path, *, source: str = SOURCE, before: Any = None, **environment: str) -> tuple[str, list[str]]:
    """What a process that uses the kernel prints, and the lines of its standard error."""
    script = folder / "small.py"
    script.write_text(source)
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


def test_compiled_code_is_kept_and_a_full_disk_is_no_obstacle(tmp_path: Path) -> None:
    kept = tmp_path / "kept"

    def tiny_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    found, notes = run(tmp_path, before=tiny_files_only, NUMBA_CACHE_DIR=str(kept))
    assert found == FRESH
    assert len(notes) == 1
    assert "compiled code cannot be kept (File too large" in notes[0]
    assert run(tmp_path, NUMBA_CACHE_DIR=str(kept)) == (FRESH, [])
    assert run(tmp_path, NUMBA_CACHE_DIR=str(kept)) == (KEPT, [])
    # Where what the code calls is not there yet, numba is made ready first.
    source = SOURCE.replace('if __name__ == "__main__":\n', 'if __name__ == "__main__":\n    ' + NOTHING_THERE)
    assert run(tmp_path, source=source, NUMBA_CACHE_DIR=str(kept)) == (READIED, [])


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda whole: whole[: len(whole) // 2],
    "garbage": lambda _: b"\x00garbage\xff" * 30,
    "one_bit": lambda whole: (
        whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :]
    ),
    "pickle_of_something_else": lambda _: b"\x80\x04K\x01.",
}


def test_damaged_files_are_made_anew(tmp_path: Path) -> None:
    """A kernel for each kind of damage to either of its files, all in one program."""
    cases = [(f"{damage}_in_{suffix}", suffix, damage) for suffix in ("nbi", "nbc") for damage in DAMAGES]
    head, body = SOURCE.split("@kernel\n")
    body, last = body.split("if __name__")
    kernels = "".join(f"@kernel\n{body.replace('add_up', name)}" for name, _, _ in cases)
    calls = "".join("if __name__" + last.replace("add_up", name) for name, _, _ in cases)
    source, kept = head + kernels + calls, tmp_path / "kept"

    def ran() -> dict[str, str]:
        found, notes = run(tmp_path, source=source, NUMBA_CACHE_DIR=str(kept))
        assert notes == []
        return dict(zip((name for name, _, _ in cases), found.splitlines(), strict=True))

    assert set(ran().values()) == {FRESH}
    for name, suffix, damage in cases:
        (file,) = kept.rglob(f"*.{name}-*.{suffix}")
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
    found = {name: words.rpartition(" ")[0] for name, words in ran().items()}
    fresh, whole = (words.rpartition(" ")[0] for words in (FRESH, KEPT))
    assert found.pop("one_bit_in_nbi") in (fresh, whole)
    assert found == {name: fresh for name, _, _ in cases if name != "one_bit_in_nbi"}
    assert set(ran().values()) == {KEPT}


def test_kernels_run_where_compiling_is_switched_off(tmp_path: Path) -> None:
    found, notes = run(tmp_path, NUMBA_DISABLE_JIT="1", NUMBA_CACHE_DIR=str(tmp_path / "kept"))
    assert found == FRESH
    assert len(notes) == 1
    assert "NUMBA_DISABLE_JIT" in notes[0]
