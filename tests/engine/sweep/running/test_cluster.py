"""A real Dask scheduler and real workers on loopback: the same files as on this machine, whoever is lost on the way."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from hedgebook.engine.sweep.running import cluster
from hedgebook.engine.sweep.running.runner import SweepOutcome, run_job
from hedgebook.engine.sweep.store.chunk import ChunkResult
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.engine.sweep.store.sink import MemorySink, Sink
from hedgebook.errors import InputError, ParameterError, RunFolderError
from tests.engine.sweep.made_up import MadeUp, files, stray
from tests.engine.sweep.running.test_runner import stop_after

pytest.importorskip("distributed", reason="needs dask.distributed, the extra dask")

ROOT = Path(__file__).resolve().parents[4]
JOB = MadeUp()


def free_port() -> int:
    with socket.socket() as listener:
        listener.settimeout(30)
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(happened: Callable[[], object], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


class Processes:
    """A scheduler and its workers, each a process; all of them are gone at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.running: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        wait_until(self.listens)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{arguments[0]}-{len(self.running)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        self.running.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        """A worker with one thread and no guardian that would start it again."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        self.workers.append(self.start("worker", self.address, *options, "--local-directory", str(self.folder)))
        return self.workers[-1]

    def alive(self) -> list[subprocess.Popen[bytes]]:
        """The workers that have not been killed."""
        return [worker for worker in self.workers if worker.poll() is None]

    def listens(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self) -> None:
        for process in reversed(self.running):
            process.kill()
        for process in self.running:
            process.wait(10)


@contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    made = Processes(folder)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def shared_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with processes(tmp_path_factory.mktemp("dask")) as made:
        yield made


@pytest.fixture
def dask(shared_processes: Processes) -> Processes:
    """A scheduler with two workers; in place of those that a test has killed there are new ones."""
    while len(shared_processes.alive()) < 2:
        shared_processes.worker()
    return shared_processes


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference") / "out"
    run_job(JOB, FolderSink(folder))
    return folder


def test_the_folder_is_that_of_a_local_sweep(dask: Processes, tmp_path: Path, reference: Path) -> None:
    (tmp_path / "flags").mkdir()
    seen: list[int] = []
    outcome = run_job(
        MadeUp(flag=tmp_path / "flags"),
        FolderSink(tmp_path / "out"),
        scheduler=dask.address,
        progress=lambda done, _count, _seconds: seen.append(done),
    )
    assert outcome == SweepOutcome(1000, interrupted=False)
    assert files(tmp_path / "out") == files(reference)
    assert (tmp_path / "out" / "sweep.json").read_bytes() == (reference / "sweep.json").read_bytes()
    assert (seen[0], seen[-1]) == (0, 1000)
    # Nothing was computed here.
    computed_by = {path.name.split("-")[2] for path in (tmp_path / "flags").iterdir()}
    assert str(os.getpid()) not in computed_by
    assert computed_by <= {str(process.pid) for process in dask.running}


def test_memory_gets_the_same(dask: Processes) -> None:
    here, there = MemorySink(), MemorySink()
    run_job(JOB, here)
    run_job(JOB, there, scheduler=dask.address)
    pd.testing.assert_frame_equal(here.frame(), there.frame())


@pytest.mark.parametrize("to_folder", [True, False])
def test_a_lost_worker_is_made_good(
    dask: Processes, tmp_path: Path, reference: Path, capfd: pytest.CaptureFixture[str], to_folder: bool
) -> None:
    """Killed while it computes; the chunk that it had is computed by the other one."""
    flags = tmp_path / "flags"
    flags.mkdir()
    victim, other = dask.alive()

    def kill(done: int, _count: int, _seconds: float) -> None:
        if done >= 128 and victim.poll() is None and list(flags.glob(f"begun-*-{victim.pid}")):
            victim.send_signal(signal.SIGKILL)
            victim.wait(10)

    sink: Sink = FolderSink(tmp_path / "out") if to_folder else MemorySink()
    outcome = run_job(MadeUp(seconds=0.15, flag=flags), sink, scheduler=dask.address, progress=kill)
    assert victim.poll() == -signal.SIGKILL
    assert other.poll() is None
    assert capfd.readouterr() == ("", "")
    assert outcome == SweepOutcome(1000, interrupted=False)
    begun = [path.name.split("-")[1:] for path in flags.iterdir()]
    assert {pid for _, pid in begun} == {str(victim.pid), str(other.pid)}
    # Some chunk was begun by both.
    assert len(begun) > len({k for k, _ in begun}) == 16
    if to_folder:
        assert files(tmp_path / "out") == files(reference)
        assert stray(tmp_path / "out") == []
    else:
        whole = MemorySink()
        run_job(JOB, whole)
        assert isinstance(sink, MemorySink)
        pd.testing.assert_frame_equal(sink.frame(), whole.frame())


def test_when_all_workers_are_lost_another_one_takes_over(dask: Processes, tmp_path: Path, reference: Path) -> None:
    """The job itself was on the lost workers alone, and is sent again."""
    lost = dask.alive()

    def replace_them(done: int, _count: int, _seconds: float) -> None:
        if done >= 128 and lost[0].poll() is None:
            for worker in lost:
                worker.send_signal(signal.SIGKILL)
                worker.wait(10)
            dask.worker()

    job = MadeUp(seconds=0.1)
    outcome = run_job(job, FolderSink(tmp_path / "out"), scheduler=dask.address, progress=replace_them)
    assert all(worker.poll() == -signal.SIGKILL for worker in lost)
    assert outcome.done_sets == 1000
    assert files(tmp_path / "out") == files(reference)


def test_interrupted_on_a_cluster_and_resumed_here(dask: Processes, tmp_path: Path, reference: Path) -> None:
    outcome = run_job(
        MadeUp(seconds=0.05), FolderSink(tmp_path / "out"), scheduler=dask.address, progress=stop_after(100)
    )
    assert outcome.interrupted
    assert 100 <= outcome.done_sets < 1000
    assert FolderSink.open(tmp_path / "out").status == "interrupted"
    run_job(JOB, FolderSink(tmp_path / "out"), resume=True)
    assert files(tmp_path / "out") == files(reference)


def test_a_chunk_that_fails_on_a_worker_stops_the_sweep(dask: Processes, tmp_path: Path, reference: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="chunk 9 cannot be computed"):
        run_job(MadeUp(fail_at=9), FolderSink(tmp_path / "out"), scheduler=dask.address)
    assert FolderSink.open(tmp_path / "out").status == "interrupted"
    run_job(JOB, FolderSink(tmp_path / "out"), scheduler=dask.address, resume=True)
    assert files(tmp_path / "out") == files(reference)


@dataclass(frozen=True)
class Refusing(MadeUp):
    """Raises hedgebook's own error on the worker."""

    def run(self, k: int, threads: int) -> ChunkResult:
        raise ParameterError("is too large", where="hold", value=k + threads, bound="at most 0")


def test_an_error_of_hedgebook_arrives_whole(dask: Processes) -> None:
    with pytest.raises(ParameterError) as caught:
        run_job(Refusing(count=10), MemorySink(), scheduler=dask.address)
    assert str(caught.value) == "hold: is too large (got 1). Accepted: at most 0."
    assert (caught.value.where, caught.value.value, caught.value.bound) == ("hold", 1, "at most 0")


def test_a_folder_that_is_refused_stays_as_it_is(dask: Processes, reference: Path) -> None:
    before = files(reference)
    with pytest.raises(RunFolderError, match="the folder is not empty"):
        run_job(JOB, FolderSink(reference), scheduler=dask.address)
    assert files(reference) == before


def test_a_scheduler_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    with processes(tmp_path) as dask, pytest.raises(InputError, match=r"the scheduler has no workers.*dask worker"):
        run_job(JOB, FolderSink(tmp_path / "out"), scheduler=dask.address)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("says", "found"),
    [(None, "Connection refused"), (b"", "listens, but it is no"), (b"SSH-2.0-OpenSSH_9.9", "answers, but it is no")],
)
def test_an_address_at_which_no_scheduler_answers(tmp_path: Path, says: bytes | None, found: str) -> None:
    """Nobody listens there, or someone else; a process of its own shows what a user would see."""
    script = (
        "import sys; from tests.engine.sweep.made_up import MadeUp\n"
        "from hedgebook.engine.sweep.running import cluster\n"
        "from hedgebook.engine.sweep.store.folder import FolderSink\n"
        "from hedgebook.engine.sweep.running.runner import run_job\n"
        "from hedgebook.errors import InputError\n"
        "cluster.CONNECT_SECONDS = 2.0\n"
        "try: run_job(MadeUp(), FolderSink(sys.argv[2]), scheduler=sys.argv[1])\n"
        "except InputError as problem: print(problem)\n"
    )
    assert cluster.CONNECT_SECONDS <= 10
    with socket.socket() as listener:
        listener.settimeout(30)
        listener.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        if says is not None:
            listener.listen()
        process = subprocess.Popen(
            [sys.executable, "-c", script, address, str(tmp_path / "out")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            if says:
                with listener.accept()[0] as caller:
                    caller.sendall(says)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert err == ""
    assert re.fullmatch(
        rf"scheduler: nobody answers there: .*{found}.* \(got '{address}'\)\. .*`dask scheduler`.*\.\n", out
    )
    assert not (tmp_path / "out").exists()


def test_other_versions_are_refused(dask: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = cluster.versions()
    assert set(mine) >= {"hedgebook", "numpy", "numba", "pyarrow", "python"}
    monkeypatch.setattr(cluster, "versions", lambda: {**mine, "numpy": "1.0.0"})
    expected = rf"worker tcp://127\.0\.0\.1:\d+ has numpy {re.escape(mine['numpy'])}, this machine 1\.0\.0"
    with pytest.raises(InputError, match=expected):
        run_job(JOB, FolderSink(tmp_path / "out"), scheduler=dask.address)
    assert not (tmp_path / "out").exists()


def test_a_module_that_only_workers_lack_is_named(dask: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("only_here")
    exec("from tests.engine.sweep.made_up import MadeUp\nclass Own(MadeUp): pass", vars(module))
    monkeypatch.setitem(sys.modules, "only_here", module)
    with pytest.raises(InputError, match=r"a worker lacks the module only_here.*Install it there"):
        run_job(module.Own(), MemorySink(), scheduler=dask.address)


def test_a_scheduler_that_goes_away_is_an_error_and_the_sweep_resumes(
    dask: Processes, tmp_path: Path, reference: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The last test of this file: none can use the scheduler after it."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)

    def kill(done: int, _count: int, _seconds: float) -> None:
        if done >= 128:
            dask.scheduler.kill()

    with pytest.raises(InputError, match=r"connection to the scheduler was lost.*--resume"):
        run_job(MadeUp(seconds=0.1), FolderSink(tmp_path / "out"), scheduler=dask.address, progress=kill)
    assert capfd.readouterr() == ("", "")
    assert FolderSink.open(tmp_path / "out").status == "interrupted"
    assert 0 < len(files(tmp_path / "out")) < 32
    run_job(JOB, FolderSink(tmp_path / "out"), resume=True)
    assert files(tmp_path / "out") == files(reference)
