"""Commands that are killed at random moments, what stood there then, and whether they run to their end afterwards."""

from __future__ import annotations

import random
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd

from .processes import FETCH, RUN, Forked, Row, finish, kill, names, seconds, whole

DOCUMENTS = ("report.html", "report.xlsx")


def killed(words: tuple[str, ...], name: str, cwd: Path, kills: int, draw: random.Random) -> Row:
    """Kill a command at random moments, look at what stands there, run it to its end, and look again."""
    finish(Forked(*words, "--out", f"{name}-warm", cwd=cwd))
    # Made again in this process, which every command is then forked from, so that all that it needs is loaded.
    whole(cwd / f"{name}-warm")
    lasted, wrote = seconds((*words, "--out", f"{name}-first"), cwd)
    found: Counter[str] = Counter()
    sound = True
    for i in range(kills):
        out, at_files = cwd / f"{name}-{i}", i % 2 == 1
        if "--overwrite" in words:
            shutil.copytree(cwd / f"{name}-first", out)
        process = Forked(*words, "--out", out.name, cwd=cwd)
        kill(process, cwd, names(cwd), draw.uniform(0.0, wrote if at_files else lasted), at_files=at_files)
        more: tuple[str, ...] = ()
        if process.returncode == 0:
            found["it had just ended"] += 1
        elif not out.exists():
            found["no folder"] += 1
        elif name == "sweep" and not (out / "manifest.json").exists():
            found["a part, of which nothing is read but by `--resume`"] += 1
            more = ("--resume",) if (out / "sweep.json").exists() else ()
        else:
            # A new one, or the old one that was to be replaced: either is whole, or the row is unsound.
            found["a whole folder"] += 1
            sound &= whole(out)
        again = 0 if whole(out) else finish(Forked(*words, *more, "--out", out.name, cwd=cwd))[0]
        sound &= again == 0 and whole(out)
    # What the last kill left, the next command that writes here clears away.
    sound &= finish(Forked(*words, "--out", f"{name}-next", cwd=cwd))[0] == 0
    beside = sum(path.name.startswith(f".{name}-") for path in cwd.iterdir())
    left = ", ".join(f"{'once' if count == 1 else f'{count} times'} {state}" for state, count in found.items())
    after = "the same command (a part of a sweep: with `--resume`) then made a whole folder each time"
    if not sound:
        after = "NOT ALL WERE WHOLE AFTERWARDS"
    elif beside:
        after, sound = f"{after}; {beside} HIDDEN FOLDERS STAYED BESIDE", False
    what = {"replace": "run that replaces a folder and writes report.html and report.xlsx"}.get(name, name)
    return Row(f"`kill -9` of a {what}", kills, f"{left}; {after}", sound)


def documents(folder: Path) -> tuple[str, ...]:
    """The documents of a folder that are whole: a page that ends, a workbook whose parts all have their checksums."""
    found = []
    for path in (folder / name for name in DOCUMENTS if (folder / name).is_file()):
        if path.suffix == ".html":
            sound = path.read_text(encoding="utf-8").rstrip().endswith("</html>")
        else:
            sound = zipfile.is_zipfile(path) and zipfile.ZipFile(path).testzip() is None
        found += [path.name] if sound else []
    return tuple(found)


def killed_report(cwd: Path, kills: int, draw: random.Random) -> Row:
    """Kill the command that writes the documents of a finished run again, at random moments."""
    finish(Forked(*RUN, "--out", "finished", cwd=cwd))
    words = ("report", "again", "--xlsx")
    found: Counter[str] = Counter()
    sound = whole(cwd / "finished")
    lasted = wrote = 0.0
    for i in range(-1, kills):
        folder = cwd / "again"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(cwd / "finished", folder)
        (folder / "report.html").unlink()
        if i < 0:
            lasted, wrote = seconds(words, cwd)
            sound &= documents(folder) == DOCUMENTS
            continue
        process, at_files = Forked(*words, cwd=cwd), i % 2 == 1
        kill(process, cwd, names(cwd), draw.uniform(0.0, wrote if at_files else lasted), at_files=at_files)
        there = [name for name in DOCUMENTS if (folder / name).exists()]
        found["it had just ended" if process.returncode == 0 else " and ".join(there) or "no document"] += 1
        sound &= documents(folder) == tuple(there) and whole(folder)
        sound &= finish(Forked(*words, cwd=cwd))[0] == 0 and documents(folder) == DOCUMENTS
    left = ", ".join(f"{'once' if count == 1 else f'{count} times'} {state}" for state, count in found.items())
    after = "each whole, as the run; the same command then wrote both" if sound else "NOT ALL WERE WHOLE AFTERWARDS"
    return Row("`kill -9` of a report that is written again", kills, f"{left}; {after}", sound)


def exported(cwd: Path, to: str) -> bytes:
    """The prices of the store, as it exports them; nothing where there is none or it is not sound."""
    if finish(Forked("data", "verify", cwd=cwd))[0] != 0:
        return b""
    (cwd / to).unlink(missing_ok=True)
    return (cwd / to).read_bytes() if finish(Forked("data", "export", to, cwd=cwd))[0] == 0 else b""


def write_prices(cwd: Path) -> None:
    """The sample market as a price file."""
    import hedgebook as hb

    market = hb.sample_market()
    frame = pd.concat({name: market.frame(name).stack() for name in ("open", "high", "low", "close", "volume")}, axis=1)
    frame.index.names = ["date", "ticker"]
    frame.dropna(subset=["close"]).reset_index().to_parquet(cwd / "prices.parquet")


def killed_fetch(cwd: Path, kills: int, draw: random.Random) -> Row:
    """Kill a fetch from a file into an empty store at random moments."""
    write_prices(cwd)
    lasted, wrote = seconds(FETCH, cwd)
    wanted = exported(cwd, "wanted.csv")
    found: Counter[str] = Counter()
    sound = bool(wanted)
    for i in range(kills):
        shutil.rmtree(cwd / "store")
        process, at_files = Forked(*FETCH, cwd=cwd), i % 2 == 1
        kill(process, cwd, names(cwd), draw.uniform(0.0, wrote if at_files else lasted), at_files=at_files)
        there = exported(cwd, "left.csv")
        found["all prices" if there else "none"] += 1
        sound &= there in (b"", wanted)
        sound &= finish(Forked(*FETCH, cwd=cwd))[0] == 0 and exported(cwd, "again.csv") == wanted
    left = ", ".join(f"{'once' if count == 1 else f'{count} times'} {state}" for state, count in found.items())
    after = "the next fetch brought the rest, and the store was whole" if sound else "NOT WHOLE AFTERWARDS"
    return Row("`kill -9` of a fetch into an empty price store", kills, f"{left}; {after}", sound)
