"""Run folders: complete or not at all, and nothing of the user's is ever lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hedgebook.errors import RunFolderError
from hedgebook.reports.run import folder as run_folder
from hedgebook.reports.run import page
from hedgebook.reports.run.folder import RUN_FILES, read_run, save_run
from hedgebook.reports.run.summary import summarise
from hedgebook.strategies.run.run import TradeRun


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_run_comes_back_as_it_was(run: TradeRun, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    assert save_run(run, folder) == folder
    assert names(folder) == sorted(RUN_FILES)
    assert names(folder.parent) == ["run"]
    saved = read_run(folder)
    assert saved.summary == summarise(run)
    pd.testing.assert_frame_equal(saved.nav, run.nav, check_freq=False)
    pd.testing.assert_frame_equal(saved.fills, run.fills)
    pd.testing.assert_frame_equal(saved.positions, run.positions, check_dtype=False)
    assert saved.pnl["pnl"].sum() == pytest.approx(run.backtest.record.pnl.sum(), rel=1e-12)
    by_leg = saved.pnl.groupby("leg")["pnl"].sum()
    assert by_leg.to_dict() == pytest.approx(saved.summary["pnl_by_leg"])
    assert by_leg["long"] != 0.0


def test_runs_of_every_shape_are_saved(every_run: dict[str, TradeRun], tmp_path: Path) -> None:
    for name, run in every_run.items():
        saved = read_run(save_run(run, tmp_path / name))
        assert len(saved.nav) == len(run.nav)
        assert list(saved.pnl.columns) == ["session", "ticker", "bucket", "leg", "cause", "pnl"]
    assert read_run(tmp_path / "one_session").positions.empty


def test_an_existing_folder_is_refused(run: TradeRun, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    save_run(run, folder)
    before = {name: (folder / name).read_bytes() for name in RUN_FILES}
    with pytest.raises(RunFolderError, match=r"not empty.*--overwrite"):
        save_run(run, folder)
    assert {name: (folder / name).read_bytes() for name in RUN_FILES} == before


def test_an_empty_folder_is_used(run: TradeRun, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    save_run(run, folder)
    assert names(folder) == sorted(RUN_FILES)
    assert names(tmp_path) == ["run"]


def test_overwrite_replaces_a_run(run: TradeRun, one_leg: TradeRun, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    save_run(run, folder)
    (folder / "pnl.parquet").unlink()
    save_run(one_leg, folder, overwrite=True)
    assert read_run(folder).summary == summarise(one_leg)
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("foreign", ["notes.txt", ".hidden", "summary.json/"])
def test_overwrite_keeps_out_of_folders_with_foreign_files(run: TradeRun, tmp_path: Path, foreign: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    entry = folder / foreign.rstrip("/")
    if foreign.endswith("/"):
        entry.mkdir()
    else:
        entry.write_text("mine")
    with pytest.raises(RunFolderError, match=entry.name):
        save_run(run, folder, overwrite=True)
    assert names(folder) == [entry.name]
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("problem", [KeyboardInterrupt, OSError(28, "No space left on device"), ValueError])
@pytest.mark.parametrize("existing", [False, True])
def test_an_interrupted_write_leaves_no_trace(
    run: TradeRun, one_leg: TradeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Any, existing: bool
) -> None:
    folder = tmp_path / "deep" / "run"
    if existing:
        save_run(one_leg, folder)

    def interrupted(*_: object) -> None:
        raise problem

    monkeypatch.setattr(page, "run_document", interrupted)
    with pytest.raises(RunFolderError if isinstance(problem, OSError) else problem):
        save_run(run, folder, overwrite=existing)
    if existing:
        assert names(folder.parent) == ["run"]
        assert read_run(folder).summary == summarise(one_leg)
    else:
        assert names(tmp_path) == []


def test_an_interrupted_swap_brings_the_old_run_back(
    run: TradeRun, one_leg: TradeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    save_run(one_leg, folder)
    rename: Callable[..., Path] = Path.rename

    def fail_to_install(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_to_install)
    with pytest.raises(KeyboardInterrupt):
        save_run(run, folder, overwrite=True)
    assert names(tmp_path) == ["run"]
    assert read_run(folder).summary == summarise(one_leg)


def test_a_file_that_arrives_during_an_overwrite_is_kept(
    run: TradeRun, one_leg: TradeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    save_run(one_leg, folder)
    write = run_folder._write

    def write_slowly(run: TradeRun, beside: Path) -> None:
        write(run, beside)
        (folder / "notes.txt").write_text("mine")

    monkeypatch.setattr(run_folder, "_write", write_slowly)
    with pytest.raises(RunFolderError, match="was kept") as caught:
        save_run(run, folder, overwrite=True)
    assert read_run(folder).summary == summarise(run)
    assert (Path(str(caught.value.where)) / "notes.txt").read_text() == "mine"


def test_a_file_in_the_way_is_refused(run: TradeRun, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    for folder in (tmp_path / "run", tmp_path / "run" / "below"):
        with pytest.raises(RunFolderError):
            save_run(run, folder, overwrite=True)
    assert (tmp_path / "run").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_refused(run: TradeRun) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("needs /proc, where nobody can make a folder")
    with pytest.raises(RunFolderError, match="cannot be written"):
        save_run(run, "/proc/hedgebook/run")


def test_a_folder_without_permission_is_refused(run: TradeRun, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("permissions do not bind root")
    tmp_path.chmod(0o500)
    with pytest.raises(RunFolderError, match="cannot be written"):
        save_run(run, tmp_path / "run")


def test_a_link_to_a_folder_is_followed(run: TradeRun, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save_run(run, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == sorted(RUN_FILES)


def test_the_root_of_the_disk_is_refused(run: TradeRun) -> None:
    with pytest.raises(RunFolderError, match="root of a disk"):
        save_run(run, "/", overwrite=True)


def test_files_follow_the_usual_permissions(run: TradeRun, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    save_run(run, tmp_path / "run")
    assert (tmp_path / "run").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("name", [name for name in RUN_FILES if not name.startswith("report.")])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_a_missing_or_damaged_file_is_named(run: TradeRun, tmp_path: Path, name: str, damage: str) -> None:
    folder = save_run(run, tmp_path / "run")
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "other" and name.endswith(".json"):
        path.write_text(json.dumps([1, 2]))
    elif damage == "other":
        pd.DataFrame({"x": [1.0]}).to_parquet(path)
    with pytest.raises(RunFolderError, match=name.replace(".", r"\.")) as caught:
        read_run(folder)
    assert caught.value.remedy


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no such run folder"):
        read_run(tmp_path / "nowhere")
