"""What is done with a folder: refused, resumed, replaced; and what happens when something in it is damaged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hedgebook.engine.sweep.running.runner import run_job
from hedgebook.engine.sweep.store import manifest
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.engine.sweep.store.sink import MemorySink, iter_blocks, read_column
from hedgebook.errors import ParameterError, RunFolderError
from tests.engine.sweep.made_up import MadeUp, files, stray

JOB = MadeUp(count=300)


@pytest.fixture
def done(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    run_job(JOB, FolderSink(folder))
    return folder


def flip(path: Path, at: float) -> None:
    """Change one byte of a file, at a share of its length."""
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 0xFF
    path.write_bytes(bytes(content))


def test_a_folder_that_is_not_empty_is_refused(done: Path) -> None:
    before = files(done)
    with pytest.raises(RunFolderError, match=r"the folder is not empty.*--resume.*--overwrite"):
        run_job(JOB, FolderSink(done))
    assert files(done) == before


def test_overwrite_replaces_a_sweep_and_nothing_else(done: Path, tmp_path: Path) -> None:
    (done / "report.html").write_text("old")
    (done / "sets" / ".part-00003.parquet.0123abcd.tmp").write_text("half")
    smaller = MadeUp(count=70, salt=2.0, block_count=0)
    run_job(smaller, FolderSink(done, overwrite=True))
    run_job(smaller, FolderSink(tmp_path / "fresh"))
    assert files(done) == files(tmp_path / "fresh")
    assert sorted(path.name for path in done.iterdir()) == ["sets", "sweep.json"]


@pytest.mark.parametrize(
    "foreign", ["notes.txt", "sets/mine.parquet", "sets/part-1.parquet", "other/x", "blocks/deep/x"]
)
def test_overwrite_spares_what_no_sweep_wrote(done: Path, foreign: str) -> None:
    (done / foreign).parent.mkdir(parents=True, exist_ok=True)
    (done / foreign).write_text("mine")
    before = files(done)
    with pytest.raises(RunFolderError, match="something that no sweep wrote, so it is not replaced"):
        run_job(JOB, FolderSink(done, overwrite=True))
    assert files(done) == before
    assert (done / foreign).read_text() == "mine"


def test_overwrite_needs_a_sweep(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("of something else")
    with pytest.raises(RunFolderError, match=r"no sweep wrote.*'report.html'"):
        run_job(JOB, FolderSink(tmp_path, overwrite=True))


def test_paths_that_are_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(RunFolderError, match="a file of this name is in the way"):
        run_job(JOB, FolderSink(file))
    with pytest.raises(RunFolderError, match="the folder cannot be written"):
        run_job(JOB, FolderSink(file / "below"))
    with pytest.raises(RunFolderError, match="the root of a disk"):
        run_job(JOB, FolderSink("/"))


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert run_job(JOB, FolderSink(tmp_path)).done_sets == 300


def test_what_a_sweep_leaves_that_was_killed_as_it_began_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".sweep.json.0123abcd.tmp").write_text("{")
    assert run_job(JOB, FolderSink(tmp_path)).done_sets == 300
    assert not (tmp_path / ".sweep.json.0123abcd.tmp").exists()


@pytest.mark.parametrize("exists", [True, False])
def test_there_must_be_something_to_resume(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "out"
    if exists:
        folder.mkdir()
    with pytest.raises(RunFolderError, match=r"there is no sweep here: sweep.json is missing.*without --resume"):
        run_job(JOB, FolderSink(folder), resume=True)
    assert folder.exists() == exists
    with pytest.raises(RunFolderError, match="no sweep to resume"):
        run_job(JOB, MemorySink(), resume=True)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (MadeUp(count=301), "count is 300 there and 301 here"),
        (MadeUp(count=300, chunk_sets=65), "chunk_sets is 64 there and 65 here"),
        (MadeUp(count=300, salt=1.0), "salt is 0.0 there and 1.0 here"),
        (MadeUp(count=300, block_count=5), "block_sessions is [10.0, 11.0, 12.0, 13.0] there and [10.0, 11.0, 12.0"),
    ],
)
def test_another_sweep_is_not_resumed(done: Path, other: MadeUp, message: str) -> None:
    before, known = files(done), (done / "sweep.json").read_bytes()
    with pytest.raises(RunFolderError, match=re.escape(message) + r".*(--overwrite|\.\.\.)"):
        run_job(other, FolderSink(done), resume=True)
    assert files(done) == before
    assert (done / "sweep.json").read_bytes() == known


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}, "b[1] is 2 there and 3 here"),
        ({"a": 1}, {"a": 1, "b": 2}, "b is nothing there and 2 here"),
        ({"a": 1, "b": 2}, {"a": 1}, "b is 2 there and nothing here"),
        ({"a": {"c": True}}, {"a": {"c": 1}}, "a.c is true there and 1 here"),
        ({"a": [1]}, {"a": [1, 2]}, "a is [1] there and [1, 2] here"),
        ({"a": "x" * 200}, {"a": "y"}, 'a is "xxxx'),
    ],
)
def test_the_first_difference_is_named(old: Any, new: Any, expected: str) -> None:
    rest = dict.fromkeys(manifest.IDENTITY, 1)
    with pytest.raises(RunFolderError, match=re.escape(expected)) as caught:
        manifest.check_same({**rest, "job": old}, {**rest, "job": new}, "here")
    assert len(str(caught.value)) < 400


def test_the_same_manifest_in_another_order_is_the_same() -> None:
    rest = dict.fromkeys(manifest.IDENTITY, 1)
    old, new = ({**rest, "job": job, "columns": {"x": "int64"}} for job in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    manifest.check_same(old, new, "here")
    assert manifest.digest(old) == manifest.digest(new)
    columns = {**old, "columns": {"x": "int64", "y": "str"}}, {**old, "columns": {"y": "str", "x": "int64"}}
    assert manifest.digest(columns[0]) != manifest.digest(columns[1])
    with pytest.raises(RunFolderError, match="columns in order"):
        manifest.check_same(*columns, "here")


def test_another_version_is_not_resumed(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "version", lambda _name: "99.0")
    with pytest.raises(RunFolderError, match=r'hedgebook is "[0-9.]+" there and "99.0" here'):
        run_job(JOB, FolderSink(done), resume=True)


def test_a_manifest_must_be_json(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="the sweep's manifest: cannot be written as JSON"):
        run_job(MadeUp(salt=float("nan")), FolderSink(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["sets", "blocks"])
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "middle", "footer"])
def test_a_damaged_part_is_named_and_resume_computes_it_again(done: Path, kind: str, damage: str) -> None:
    before = files(done)
    FolderSink.open(done).finish({"best": 1})
    path = done / kind / "part-00002.parquet"
    match damage:
        case "missing":
            path.unlink()
        case "cut":
            path.write_bytes(path.read_bytes()[:-100])
        case "empty":
            path.write_bytes(b"")
        case "middle":
            flip(path, 0.3)
        case "footer":
            content = path.read_bytes()
            footer = int.from_bytes(content[-8:-4], "little")
            path.write_bytes(content[: -8 - footer] + bytes(64) + content[-8 - footer + 64 :])
    what = "is missing" if damage == "missing" else "cannot be read"
    sink = FolderSink.open(done)
    with pytest.raises(RunFolderError, match=rf"{kind}/part-00002.parquet {what}.*--resume"):
        list(iter_blocks(sink)) if kind == "blocks" else [read_column(sink, name) for name in sink.layout.names]
    outcome = run_job(JOB, FolderSink(done), resume=True)
    assert (outcome.done_sets, outcome.interrupted) == (300, False)
    assert files(done) == before
    again = FolderSink.open(done)
    assert again.status == "done"
    # What was found in a sweep that was damaged has to be found again.
    assert again.results is None


def test_a_part_of_another_sweep_is_not_taken(done: Path, tmp_path: Path) -> None:
    """As a worker may leave one that goes on after its sweep was replaced."""
    before = files(done)
    run_job(MadeUp(count=300, salt=1.0), FolderSink(tmp_path / "other"))
    (tmp_path / "other" / "sets" / "part-00001.parquet").replace(done / "sets" / "part-00001.parquet")
    with pytest.raises(RunFolderError, match=r"part-00001.parquet cannot be read: it belongs to another sweep"):
        read_column(FolderSink.open(done), "sharpe")
    run_job(JOB, FolderSink(done), resume=True)
    assert files(done) == before


def test_a_part_under_another_number_is_not_taken(done: Path) -> None:
    (done / "sets" / "part-00004.parquet").write_bytes((done / "sets" / "part-00000.parquet").read_bytes())
    with pytest.raises(RunFolderError, match=r"part-00004.parquet cannot be read: it does not hold the sets of this"):
        read_column(FolderSink.open(done), "sharpe")


def test_a_part_with_other_columns_is_not_taken(done: Path) -> None:
    path = done / "sets" / "part-00000.parquet"
    pq.write_table(pq.read_table(path).drop_columns("hold"), path)
    with pytest.raises(RunFolderError, match=r"part-00000.parquet cannot be read: it does not hold this sweep's table"):
        read_column(FolderSink.open(done), "sharpe")


def test_parts_that_changed_places_are_not_taken(done: Path) -> None:
    """Two parts of the same sweep and length."""
    before = files(done)
    (done / "sets" / "part-00000.parquet").write_bytes(before["sets/part-00001.parquet"])
    (done / "blocks" / "part-00000.parquet").write_bytes(before["blocks/part-00001.parquet"])
    with pytest.raises(RunFolderError, match=r"sets/part-00000.parquet cannot be read"):
        read_column(FolderSink.open(done), "sharpe")
    with pytest.raises(RunFolderError, match=r"blocks/part-00000.parquet cannot be read"):
        list(iter_blocks(FolderSink.open(done)))
    run_job(JOB, FolderSink(done), resume=True)
    assert files(done) == before


def test_a_damaged_sweep_json_is_named(done: Path) -> None:
    path = done / "sweep.json"
    good = json.loads(path.read_text())
    broken = ["{", "[]", json.dumps({**good, "count": 5}), json.dumps({**good, "columns": {"hold": "complex"}})]
    for content in broken:
        path.write_text(content)
        with pytest.raises(RunFolderError, match=r"sweep.json cannot be read: .*--overwrite"):
            FolderSink.open(done)
    run_job(JOB, FolderSink(done, overwrite=True))
    assert json.loads(path.read_text()) == good


def test_half_written_files_are_removed_at_the_next_start(done: Path) -> None:
    before = files(done)
    part = ".part-00001.parquet"
    for name in (".sweep.json.0123abcd.tmp", f"sets/{part}.00000000.tmp", f"blocks/{part}.ffffffff.tmp"):
        (done / name).write_bytes(b"half")
    run_job(JOB, FolderSink(done), resume=True)
    assert stray(done) == []
    assert files(done) == before


def test_a_disk_that_refuses_is_an_error_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    sink = FolderSink(tmp_path / "out")
    sink.begin(JOB)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(RunFolderError, match=r"cannot be written: No space left on device.*--out"):
            sink.put(0, JOB.columns(0), JOB.run(0, 1))
    assert files(tmp_path / "out") == {}
    assert stray(tmp_path / "out") == []
