"""Runs commands as a user does: in this process, which has loaded everything already, or in one of their own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

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
    """Run `hedgebook` in `cwd`, in this process; a traceback of it is an error of the test."""
    from hedgebook.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, TERMINAL),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main([str(word) for word in arguments])
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))
    code = ended.value.code
    assert isinstance(code, int)
    return Done(code, texts[0], texts[1])


def installed(*arguments: str | Path, cwd: Path) -> Done:
    """Run the installed console script in `cwd`, in a process of its own."""
    done = subprocess.run(
        [str(SCRIPT), *map(str, arguments)], cwd=cwd, env={**os.environ, **TERMINAL}, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)
