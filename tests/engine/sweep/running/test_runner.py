"""Running chunks on threads: any order and number gives the same files, and what is interrupted goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from hedgebook.engine.sweep.running.runner import run_job
from hedgebook.engine.sweep.store.chunk import ChunkResult
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.engine.sweep.store.sink import MemorySink, read_rows
from hedgebook.errors import ParameterError
from tests.engine.sweep.made_up import MadeUp, files, stray

JOB = MadeUp()
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uninterrupted sweep on one thread."""
    folder = tmp_path_factory.mktemp("reference") / "out"
    outcome = run_job(JOB, FolderSink(folder), threads=1)
    assert (outcome.done_sets, outcome.interrupted) == (1000, False)
    return folder


@dataclass(frozen=True)
class Recorded(MadeUp):
    """Writes down what it was asked for; the first chunks take longest, so that they end last."""

    calls: list[tuple[int, int]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    at_once: list[int] = field(default_factory=list)
    backwards: bool = False

    def run(self, k: int, threads: int) -> ChunkResult:
        self.calls.append((k, threads))
        self.at_once.append(len(self.calls) - len(self.ended))
        if self.backwards:
            time.sleep(0.05 if k % 4 == 0 else 0.0)
        result = super().run(k, threads)
        self.ended.append(k)
        return result


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_threads_and_order_change_nothing(tmp_path: Path, reference: Path, threads: int) -> None:
    job = Recorded(backwards=True)
    run_job(job, FolderSink(tmp_path / "out"), threads=threads)
    if threads > 1:
        assert job.ended != sorted(job.ended)
    assert max(job.at_once) <= threads
    assert files(tmp_path / "out") == files(reference)
    assert (tmp_path / "out" / "sweep.json").read_bytes() == (reference / "sweep.json").read_bytes()


def test_memory_holds_the_same(reference: Path) -> None:
    sink = MemorySink()
    run_job(Recorded(backwards=True), sink, threads=3)
    pd.testing.assert_frame_equal(sink.frame(), read_rows(FolderSink.open(reference), range(1000)))


def test_threads_that_are_left_over_go_to_the_chunks(tmp_path: Path) -> None:
    for count, expected in ((1, {8}), (3, {2}), (16, {1})):
        job = Recorded(count=count * 64)
        run_job(job, FolderSink(tmp_path / str(count)), threads=8)
        assert {threads for _, threads in job.calls} == expected
    with pytest.raises(ParameterError, match=r"threads: is too small \(got 0\)"):
        run_job(JOB, MemorySink(), threads=0)


def test_progress_rises_to_the_whole() -> None:
    seen: list[tuple[int, int, float]] = []
    run_job(JOB, MemorySink(), progress=lambda *args: seen.append(args))
    assert seen[0][:2] == (0, 1000)
    assert seen[-1][:2] == (1000, 1000)
    assert seen == sorted(seen)


def stop_after(sets: int) -> Callable[[int, int, float], None]:
    """A progress callback during which someone presses Ctrl-C, once."""
    pressed: list[int] = []

    def progress(done: int, _count: int, _seconds: float) -> None:
        if done >= sets and not pressed:
            pressed.append(done)
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_interrupted_and_resumed_is_as_if_nothing(tmp_path: Path, reference: Path, seed: int, threads: int) -> None:
    """Twice interrupted, each time somewhere else."""
    rng = random.Random(seed)
    folder = tmp_path / "out"
    slow = MadeUp(seconds=0.005)
    first = run_job(slow, FolderSink(folder), threads=threads, progress=stop_after(rng.randint(1, 400)))
    assert first.interrupted
    assert 0 < first.done_sets < 1000
    assert json.loads((folder / "sweep.json").read_text())["status"] == "interrupted"
    kept = files(folder)
    parts = {int(name[-13:-8]) for name in kept if name.startswith("sets")}
    assert sum(len(slow.indices(k)) for k in parts) == first.done_sets
    assert kept.items() <= files(reference).items()

    second = run_job(slow, FolderSink(folder), threads=threads, resume=True, progress=stop_after(first.done_sets + 100))
    assert second.interrupted
    assert second.done_sets > first.done_sets
    job = Recorded()
    seen: list[int] = []
    third = run_job(
        job, FolderSink(folder), threads=threads, resume=True, progress=lambda done, _count, _s: seen.append(done)
    )
    assert (third.done_sets, third.interrupted) == (1000, False)
    assert seen[0] == second.done_sets
    assert sum(len(job.indices(k)) for k, _ in job.calls) == 1000 - second.done_sets
    assert files(folder) == files(reference)
    assert (folder / "sweep.json").read_bytes() == (reference / "sweep.json").read_bytes()


def test_an_interrupted_sweep_in_memory_goes_on() -> None:
    sink, whole = MemorySink(), MemorySink()
    first = run_job(MadeUp(seconds=0.005), sink, progress=stop_after(200))
    assert first.interrupted
    assert sink.status == "interrupted"
    assert len(sink.frame()) == first.done_sets
    assert run_job(JOB, sink, resume=True).done_sets == 1000
    run_job(JOB, whole)
    pd.testing.assert_frame_equal(sink.frame(), whole.frame())


def test_a_finished_sweep_has_nothing_to_resume(tmp_path: Path) -> None:
    run_job(JOB, FolderSink(tmp_path / "out"))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    job = Recorded()
    outcome = run_job(job, FolderSink(tmp_path / "out"), resume=True)
    assert (outcome.done_sets, outcome.interrupted, job.calls) == (1000, False, [])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


@pytest.mark.parametrize("threads", [1, 2])
def test_a_chunk_that_fails_stops_the_sweep_and_keeps_the_rest(tmp_path: Path, reference: Path, threads: int) -> None:
    folder = tmp_path / "out"
    job = Recorded(fail_at=9)
    with pytest.raises(ZeroDivisionError, match="chunk 9 cannot be computed"):
        run_job(job, FolderSink(folder), threads=threads)
    assert max(k for k, _ in job.calls) <= 9 + threads
    assert set(range(9)) <= {int(name[-13:-8]) for name in files(folder) if name.startswith("sets")}
    assert FolderSink.open(folder).status == "interrupted"
    run_job(JOB, FolderSink(folder), threads=threads, resume=True)
    assert files(folder) == files(reference)


def test_a_progress_callback_that_fails_stops_the_sweep(tmp_path: Path) -> None:
    def broken(done: int, _count: int, _seconds: float) -> None:
        if done > 100:
            raise LookupError("no terminal")

    with pytest.raises(LookupError, match="no terminal"):
        run_job(MadeUp(seconds=0.005), FolderSink(tmp_path / "out"), progress=broken)
    assert FolderSink.open(tmp_path / "out").status == "interrupted"


def test_a_job_that_is_interrupted_itself_stops_the_sweep() -> None:
    @dataclass(frozen=True)
    class Interrupting(MadeUp):
        def run(self, k: int, threads: int) -> ChunkResult:
            if k == 3:
                raise KeyboardInterrupt
            return super().run(k, threads)

    outcome = run_job(Interrupting(), MemorySink(), threads=1)
    assert (outcome.interrupted, outcome.done_sets) == (True, 3 * 64)


def test_signals_are_given_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    run_job(JOB, MemorySink(), progress=lambda *_: None)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_sweep_runs_outside_of_the_main_thread() -> None:
    sink = MemorySink()
    thread = threading.Thread(target=run_job, args=(JOB, sink))
    thread.start()
    thread.join(30)
    assert sink.status == "done"


SCRIPT = """
import signal, sys
from pathlib import Path
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.engine.sweep.running.runner import run_job
from tests.engine.sweep.made_up import MadeUp

signal.signal(signal.SIGTERM, signal.default_int_handler)
here = Path(sys.argv[1])
job = MadeUp(flag=here / "flags", hold_back=here / "go")
try:
    outcome = run_job(job, FolderSink(here / "out"), threads=2)
except KeyboardInterrupt:
    print("at once")
    sys.exit(130)
print(outcome.done_sets, outcome.interrupted)
"""


def started(here: Path) -> subprocess.Popen[str]:
    """A sweep in a process of its own, of which two chunks have begun and wait for a file."""
    (here / "flags").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(here)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    until = time.monotonic() + 30
    while len(list((here / "flags").iterdir())) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    return process


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_lets_begun_chunks_end(tmp_path: Path, reference: Path, number: signal.Signals) -> None:
    process = started(tmp_path)
    try:
        process.send_signal(number)
        time.sleep(0.3)
        assert process.poll() is None
        (tmp_path / "go").touch()
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (out, err, process.returncode) == ("128 True\n", "", 0)
    folder = tmp_path / "out"
    assert sorted(name for name in files(folder) if name.startswith("sets")) == [
        "sets/part-00000.parquet",
        "sets/part-00001.parquet",
    ]
    assert FolderSink.open(folder).status == "interrupted"
    run_job(JOB, FolderSink(folder), resume=True)
    assert files(folder) == files(reference)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_a_second_ctrl_c_stops_at_once(tmp_path: Path, reference: Path) -> None:
    """The chunks that have begun never end: nobody waits for them."""
    process = started(tmp_path)
    try:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (out, err, process.returncode) == ("at once\n", "", 130)
    folder = tmp_path / "out"
    assert files(folder) == {}
    assert stray(folder) == []
    assert FolderSink.open(folder).status == "interrupted"
    run_job(JOB, FolderSink(folder), resume=True)
    assert files(folder) == files(reference)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_a_process_that_is_killed_leaves_a_sweep_to_resume(tmp_path: Path, reference: Path) -> None:
    process = started(tmp_path)
    try:
        (tmp_path / "go").touch()
        time.sleep(0.02)
    finally:
        process.kill()
        process.communicate()
    folder = tmp_path / "out"
    assert files(folder).items() <= files(reference).items()
    assert run_job(JOB, FolderSink(folder), resume=True).done_sets == 1000
    assert files(folder) == files(reference)
    assert stray(folder) == []
