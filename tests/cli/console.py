"""Runs the installed console script as a user does."""

from __future__ import annotations

import gc
import io
import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

SCRIPT = Path(sys.executable).with_name("hedgebook")


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


SURROUNDINGS = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


def hedgebook(*arguments: str | Path, cwd: Path) -> Done:
    """Run `hedgebook` in `cwd` on an 80-column terminal's width, without colours."""
    environment = {**os.environ, **SURROUNDINGS}
    done = subprocess.run(
        [str(SCRIPT), *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )
    return Done(done.returncode, done.stdout, done.stderr)


def in_process(*arguments: str | Path, cwd: Path) -> Done:
    """The same in this process, which has loaded everything already: for what a command says, not how it starts."""
    from hedgebook.cli import main

    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    thresholds = gc.get_threshold()
    try:
        with chdir(cwd), patch.dict(os.environ, SURROUNDINGS), redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            main([str(one) for one in arguments])
    except SystemExit as stopped:
        code = stopped.code
    finally:
        gc.set_threshold(*thresholds)
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    assert isinstance(code, int)
    return Done(code, out, err)
