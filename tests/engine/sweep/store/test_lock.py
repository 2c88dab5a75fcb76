"""One process works on a sweep at a time; who dies lets go."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hedgebook.engine.sweep.running.runner import run_job
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.errors import RunFolderError
from tests.engine.sweep.made_up import MadeUp

JOB = MadeUp(count=300)
# Begins a sweep of its own or goes on with one, says so and waits to be killed.
HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[2])
from hedgebook.engine.sweep.store.folder import FolderSink
from tests.engine.sweep.made_up import MadeUp
FolderSink.begin(sink := FolderSink(sys.argv[1]), MadeUp(count=300), resume=sys.argv[3] == "resume")
print("begun", flush=True)
time.sleep(60)
"""


def holder(folder: Path, how: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).parents[4])
    command = [sys.executable, "-c", HOLDER, str(folder), root, how]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def working(process: int) -> str:
    """Who works on it, and since when: `holder` has begun within the last minute."""
    return rf"another process \({process}, which has run for [1-5]?\d s\) is working on this sweep"


@pytest.mark.parametrize("how", ["new", "resume"])
def test_a_second_process_gets_a_clear_word_until_the_first_is_gone(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "s"
    if how == "resume":
        run_job(JOB, FolderSink(folder))
        (folder / "sets" / "part-00001.parquet").unlink()
    first = holder(folder, how)
    before = sorted(path.name for path in folder.rglob("*"))
    with pytest.raises(RunFolderError, match=working(first.pid)):
        run_job(JOB, FolderSink(folder), resume=True)
    with pytest.raises(RunFolderError, match="is working on this sweep"):
        run_job(JOB, FolderSink(folder, overwrite=True))
    assert sorted(path.name for path in folder.rglob("*")) == before
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=30)
    assert run_job(JOB, FolderSink(folder), resume=True).done_sets == 300
    assert FolderSink.open(folder).status == "done"


def test_it_is_held_until_all_that_belongs_to_the_sweep_is_written(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path / "s")
    with sink.holding():
        run_job(JOB, sink)
        with pytest.raises(RunFolderError, match="is working on this sweep"):
            run_job(JOB, FolderSink(tmp_path / "s"), resume=True)
    assert not run_job(JOB, FolderSink(tmp_path / "s"), resume=True).interrupted
    again = FolderSink(tmp_path / "s")
    assert not run_job(JOB, again, resume=True).interrupted
    assert not run_job(JOB, FolderSink(tmp_path / "s"), resume=True).interrupted


def test_a_report_that_cannot_be_written_is_named_as_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hedgebook.reports.page.html import write_page

    monkeypatch.chdir(tmp_path)
    sink = FolderSink("s")
    run_job(JOB, sink)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(RunFolderError, match=r"^s/report\.html: .*No space left.*--resume"):
            sink.place("report.html", lambda path: write_page("page", path))
    assert sorted(path.name for path in Path("s").iterdir()) == ["blocks", "sets", "sweep.json"]
    sink.place("report.html", lambda path: write_page("page", path))
    assert Path("s/report.html").read_text() == "page"
