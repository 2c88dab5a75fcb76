"""What can go wrong with a cluster, without one: addresses, versions, folders, and a client that only pretends."""

from __future__ import annotations

import pickle
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hedgebook.engine.sweep.running import cluster
from hedgebook.engine.sweep.running.runner import run_job
from hedgebook.engine.sweep.running.work import Work
from hedgebook.engine.sweep.store.chunk import ChunkLayout, ChunkResult
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.engine.sweep.store.parts import Parts
from hedgebook.engine.sweep.store.sink import MemorySink
from hedgebook.errors import InputError, RunFolderError
from tests.engine.sweep.made_up import MadeUp

JOB = MadeUp()


@pytest.mark.parametrize(
    "address", ["localhost", "tcp://", "127.0.0.1:8786", "tcp://host", "http://host:1", "tcp://a b:1", "tcp://a:70000"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(InputError, match=r"scheduler: is not the address of a scheduler.*tcp://10\.0\.0\.5:8786"):
        run_job(JOB, MemorySink(), scheduler=address)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r'pip install "hedgebook\[dask\]"'):
        run_job(JOB, MemorySink(), scheduler="tcp://127.0.0.1:8786")


def test_a_worker_that_comes_late_is_asked_too() -> None:
    """Its task compares the versions once more."""
    mine = cluster.versions()
    assert isinstance(cluster.compute(JOB, 0, None, mine), ChunkResult)
    with pytest.raises(InputError, match=r"a worker has numba .*, this machine 0\.1"):
        cluster.compute(JOB, 0, None, {**mine, "numba": "0.1"})


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path / "out")
    sink.begin(JOB)
    parts = pickle.loads(pickle.dumps(sink.parts))
    assert cluster.compute(JOB, 3, parts, cluster.versions()) == 64
    cluster.see(parts, 3)
    elsewhere = replace(parts, folder=tmp_path / "elsewhere")
    for lost in (elsewhere, Parts(parts.folder, ChunkLayout.of(JOB), "0" * 64)):
        with pytest.raises(RunFolderError, match=r"not to be seen: sweep.json.*must share the folder"):
            cluster.compute(JOB, 4, lost, cluster.versions())
    assert not (tmp_path / "elsewhere").exists()


def test_a_part_that_was_written_elsewhere_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SEEN_SECONDS", 0.0)
    sink = FolderSink(tmp_path / "out")
    sink.begin(JOB)
    with pytest.raises(InputError, match=r"a worker wrote part 4, but it is not here.*must share the folder"):
        cluster.see(sink.parts, 4)


class FakeFuture:
    """A task that has failed, or that has been lost."""

    def __init__(self, problem: Exception | None) -> None:
        self.problem = problem
        self.status = "lost" if problem is None else "error"

    def exception(self) -> Exception | None:
        return self.problem

    def add_done_callback(self, call: Callable[[FakeFuture], None]) -> None:
        call(self)

    def cancel(self) -> None:
        pass


class FakeClient:
    """A cluster of which every task ends in the same way."""

    status = "running"

    def __init__(self, problem: Exception | None, workers: int = 1) -> None:
        self.problem = problem
        self.workers = workers
        self.submitted: list[int] = []
        self.scattered = 0

    def scheduler_info(self) -> dict[str, object]:
        return {"workers": {str(i): {"nthreads": 1} for i in range(self.workers)}}

    def scatter(self, job: object, /, **_options: object) -> object:
        self.scattered += 1
        return job

    def submit(self, _function: object, _job: object, k: int, *_args: object, **_options: object) -> FakeFuture:
        self.submitted.append(k)
        return FakeFuture(self.problem)


def run_on(client: FakeClient) -> BaseException:
    """How a sweep of three chunks ends on such a cluster."""
    job = MadeUp(count=192)
    sink = MemorySink()
    sink.begin(job)
    work = Work(sink.layout, ())
    try:
        cluster.Cluster(client, "tcp://there:1").run(job, sink, work, None)
    except InputError as problem:
        return problem
    assert work.failure is not None
    return work.failure


class KilledWorker(Exception):  # noqa: N818
    """Called as dask calls it."""


@pytest.mark.parametrize("problem", [KilledWorker("its workers died"), None])
def test_a_chunk_that_takes_its_workers_along_is_given_up(problem: Exception | None) -> None:
    client = FakeClient(problem)
    found = run_on(client)
    assert isinstance(found, InputError)
    assert re.search(r"chunk 0 was lost 3 times together with its worker.*more memory.*--resume", str(found))
    assert client.submitted.count(0) == cluster.ATTEMPTS == 3
    # Where tasks were lost without a word, the job was lost with them and is sent again.
    assert (client.scattered > 1) == (problem is None)
    assert 2 not in client.submitted


def test_a_cluster_that_has_lost_all_workers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WORKERLESS_SECONDS", 0.3)
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.0)
    client = FakeClient(None, workers=0)
    found = run_on(client)
    assert re.search(r"the scheduler has no worker any more.*--resume", str(found))
    assert client.submitted == []


def test_a_job_that_cannot_be_sent_is_tried_again_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.0)

    class Deaf(FakeClient):
        def scatter(self, _job: object, /, **_options: object) -> object:
            self.scattered += 1
            raise ConnectionError("it hung up")

    client = Deaf(None)
    assert re.search(r"cannot be sent to the workers: it hung up.*--resume", str(run_on(client)))
    assert (client.scattered, client.submitted) == (3, [])


@pytest.mark.parametrize("address", ["tcp://me:pa55word@127.0.0.1:1", "me:pa55word@nowhere"])
def test_a_password_in_an_address_is_never_shown(address: str) -> None:
    with pytest.raises(InputError) as refused:
        run_job(JOB, MemorySink(), scheduler=address)
    assert "pa55word" not in str(refused.value)
