"""Folders of results with real processes that meet, are killed, or find the disk full."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hedgebook.errors import RunFolderError
from hedgebook.reports.page.files import json_text, write_whole_text
from hedgebook.reports.page.folder import restore, save_folder, tidy
from hedgebook.reports.page.html import write_page

NAMES = ("summary.json", "report.html")
# Writes a folder: says when it has begun, waits for a file to appear, and goes on. What it writes is its own name.
WRITER = """
import sys, time
from pathlib import Path
from hedgebook.errors import RunFolderError
from hedgebook.reports.page.folder import save_folder
target, name, overwrite = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "overwrite"
def write(inside):
    (inside / "summary.json").write_text(name)
    print("begun", flush=True)
    while not Path(sys.argv[4]).exists():
        time.sleep(0.005)
    (inside / "report.html").write_text(name)
if len(sys.argv) > 5:
    import os, signal
    rename = Path.rename
    def killed(self, to):
        if self.name.endswith(".part") and Path(to).name == target.name and not Path(to).exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, to)
    Path.rename = killed
try:
    save_folder(target, ("summary.json", "report.html"), write, overwrite=overwrite)
except RunFolderError as problem:
    print(problem, flush=True)
    sys.exit(2)
"""


def writer(target: Path, name: str, go: Path, *more: str, overwrite: bool = False) -> subprocess.Popen[str]:
    """A process that has begun to write."""
    arguments = [str(target), name, "overwrite" if overwrite else "new", str(go), *more]
    process = subprocess.Popen([sys.executable, "-c", WRITER, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def ended(process: subprocess.Popen[str]) -> int:
    """The exit code of a process that is about to end."""
    process.communicate(timeout=30)
    return process.returncode


def save(target: Path, name: str, *, overwrite: bool = False) -> None:
    def write(inside: Path) -> None:
        for file in NAMES:
            (inside / file).write_text(name)

    save_folder(target, NAMES, write, overwrite=overwrite)


def content(target: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in target.iterdir()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_of_two_runs_into_one_new_folder_the_first_wins_and_the_other_says_so(tmp_path: Path) -> None:
    target, now, later = tmp_path / "runs" / "x", tmp_path / "now", tmp_path / "later"
    first, second = writer(target, "first", now), writer(target, "second", later)
    assert len(names(tmp_path / "runs")) == 2
    now.touch()
    assert ended(first) == 0
    later.touch()
    said, _ = second.communicate(timeout=30)
    assert second.returncode == 2
    assert re.search(r"another run has written this folder in the meantime \(\d+ s ago\)", said)
    assert str(target) in said
    assert content(target) == dict.fromkeys(NAMES, "first")
    assert names(tmp_path / "runs") == ["x"]


def test_what_a_killed_run_left_is_cleaned_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    go = tmp_path / "go"
    dead, alive = writer(tmp_path / "runs" / "dead", "dead", go), writer(tmp_path / "runs" / "alive", "alive", go)
    dead.send_signal(signal.SIGKILL)
    assert ended(dead) == -signal.SIGKILL
    assert len(names(tmp_path / "runs")) == 2
    (tmp_path / "runs" / ".mine.0123abcd.part").mkdir()
    (tmp_path / "runs" / ".mine.0123abcd.part" / "thesis.docx").write_text("mine")
    save(tmp_path / "runs" / "other", "other")
    left = names(tmp_path / "runs")
    assert [name for name in left if name.startswith(".dead")] == []
    assert len([name for name in left if name.startswith(".alive")]) == 1
    assert (tmp_path / "runs" / ".mine.0123abcd.part" / "thesis.docx").read_text() == "mine"
    go.touch()
    assert ended(alive) == 0
    assert content(tmp_path / "runs" / "alive") == dict.fromkeys(NAMES, "alive")


def test_a_kill_between_the_renames_of_overwrite_leaves_the_old_one_for_the_next_to_put_back(tmp_path: Path) -> None:
    target, go = tmp_path / "runs" / "x", tmp_path / "go"
    save(target, "old")
    go.touch()
    killed = writer(target, "new", go, "kill", overwrite=True)
    assert ended(killed) == -signal.SIGKILL
    assert not target.exists()
    assert sorted(name.rpartition(".")[2] for name in names(tmp_path / "runs")) == ["old", "part"]
    restore(target)
    assert content(target) == dict.fromkeys(NAMES, "old")
    assert names(tmp_path / "runs") == ["x"]
    with pytest.raises(RunFolderError, match="is not empty"):
        save(target, "next")
    save(target, "next", overwrite=True)
    assert content(target) == dict.fromkeys(NAMES, "next")
    assert names(tmp_path / "runs") == ["x"]


def test_two_that_replace_at_once_leave_one_of_them_whole(tmp_path: Path) -> None:
    target, go = tmp_path / "x", tmp_path / "go"
    save(target, "old")
    crew = [writer(target, name, go, overwrite=True) for name in ("one", "two", "three")]
    go.touch()
    assert [ended(process) for process in crew] == [0, 0, 0]
    assert content(target) in [dict.fromkeys(NAMES, name) for name in ("one", "two", "three")]
    assert names(tmp_path) == ["go", "x"]


def test_a_replaced_folder_whose_new_one_stands_is_removed(tmp_path: Path) -> None:
    save(tmp_path / "x", "new")
    save(tmp_path / ".x.00000000.old", "old")
    tidy(tmp_path)
    assert names(tmp_path) == ["x"]
    assert content(tmp_path / "x") == dict.fromkeys(NAMES, "new")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_names_the_folder_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def write(inside: Path) -> None:
        (inside / "summary.json").write_text("{}")
        (inside / "report.html").symlink_to("/dev/full")
        write_page("<html>" * 100_000, inside / "report.html")

    with pytest.raises(RunFolderError) as caught:
        save_folder("mine/run", NAMES, write)
    assert caught.value.where == "mine/run/report.html"
    assert "No space left" in str(caught.value)
    assert ".part" not in str(caught.value)
    assert names(tmp_path) == []


def test_a_page_is_there_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "report.html"
    write_page("old", page)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RunFolderError, match=r"report\.html.*No space left"):
            write_page("new", page)
    assert page.read_text() == "old"
    assert names(tmp_path) == ["report.html"]
    link = tmp_path / "link.html"
    link.symlink_to(page)
    write_whole_text("new \udcff", link)
    assert (link.is_symlink(), page.read_text()) == (True, "new ?")
    assert json_text({"a": "ü"}) == '{\n  "a": "ü"\n}'
    assert json_text({"a": "ü\udcff"}).isascii()


def test_a_folder_that_is_locked_for_long_keeps_nobody_waiting_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr("hedgebook.engine.locks.PARENT_SECONDS", 0.2)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    started = time.monotonic()
    save(tmp_path / "x", "x")
    os.close(descriptor)
    assert time.monotonic() - started < 5.0
    assert content(tmp_path / "x") == dict.fromkeys(NAMES, "x")
