"""Runs commands as a user does: in this process, which has loaded everything already, or in one of their own."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

SCRIPT = Path(sys.executable).with_name("hedgebook")
# An 80-column terminal's width, without colours.
TERMINAL = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


@dataclass(frozen=True)
class Done:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON object that it must be."""
        return json.loads(self.out)


def hedgebook(*arguments: str | Path, cwd: Path) -> Done:
    """Run `hedgebook` in `cwd`, in this process, which has loaded everything already: for what a command says, not how
    it starts. A traceback of it is an error of the test."""
    from hedgebook.cli import main

    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    thresholds, code = gc.get_threshold(), None
    try:
        with (
            contextlib.chdir(cwd),
            mock.patch.dict(os.environ, TERMINAL),
            contextlib.redirect_stdout(streams[0]),
            contextlib.redirect_stderr(streams[1]),
        ):
            main([str(word) for word in arguments])
    except SystemExit as stopped:
        code = stopped.code
    finally:
        gc.set_threshold(*thresholds)
    out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)  # type: ignore[attr-defined]
    assert isinstance(code, int)
    return Done(code, out, err)


def installed(*arguments: str | Path, cwd: Path) -> Done:
    """Run the installed console script in `cwd`, in a process of its own."""
    done = subprocess.run(
        [str(SCRIPT), *map(str, arguments)], cwd=cwd, env={**os.environ, **TERMINAL}, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)
