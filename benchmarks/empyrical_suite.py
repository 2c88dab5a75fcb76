"""Run the test-suite of empyrical-reloaded 0.7.1 against hedgebook's functions of the same names.

    python -m benchmarks.empyrical_suite [--sdist FILE]

pip downloads the source archive of the pinned version; its tests/test_stats.py is run unchanged, with the
module that it tests replaced by hedgebook.engine.risk.empyrical_like. The exit code is 1 when fewer than 95 %
of the cases pass.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hedgebook.errors import VerificationError

VERSION = "0.7.1"
NEEDED_SHARE = 0.95
PLUGIN = """
import json
import os
import sys

import empyrical

from hedgebook.engine.risk import empyrical_like as ours

BY_NAME = ("aggregate_returns", "alpha_beta", "up_alpha_beta", "down_alpha_beta")
outcomes = {}


def pytest_runtest_setup(item):
    if item.module.__name__.endswith("test_stats"):
        item.module.empyrical = ours
        item.module.emutils = ours
        for name in BY_NAME:
            setattr(item.module, name, getattr(ours, name))
        # One case imports the package by itself.
        sys.modules["empyrical"] = ours


def pytest_runtest_teardown():
    sys.modules["empyrical"] = empyrical


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        reason = "" if report.outcome == "passed" else str(report.longrepr)[-400:]
        outcomes[report.nodeid] = [report.outcome, reason]


def pytest_sessionfinish():
    with open(os.environ["SUITE_OUTCOMES"], "w") as file:
        json.dump(outcomes, file)
"""


def download(folder: Path) -> Path:
    """The source archive of the pinned version, through pip."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "empyrical-reloaded"]
    subprocess.run([*command, "--dest", str(folder), f"empyrical-reloaded=={VERSION}"], check=True)
    return next(folder.glob("*.tar.gz"))


def run_suite(sdist: Path, folder: Path) -> dict[str, tuple[str, str]]:
    """Outcome and reason of every case of test_stats.py, by its identifier."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    root = next(path for path in folder.iterdir() if (path / "tests" / "test_stats.py").is_file())
    (folder / "hedgebook_for_empyrical.py").write_text(PLUGIN)
    outcomes = folder / "outcomes.json"
    environment = {"PYTHONPATH": str(folder), "SUITE_OUTCOMES": str(outcomes), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "hedgebook_for_empyrical", "tests/test_stats.py"]
    command += ["-c", "/dev/null", "--rootdir", "."]
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if not outcomes.is_file():
        raise VerificationError(f"the suite did not run: {(run.stderr or run.stdout)[-400:]}")
    found = json.loads(outcomes.read_text())
    return {case: (outcome, reason) for case, (outcome, reason) in found.items()}


def main(arguments: Sequence[str] = ()) -> int:
    """Print the count and every case that does not pass; 0 when enough of them pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sdist", type=Path, help="a source archive that is at hand already")
    given = parser.parse_args(arguments).sdist
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = run_suite(given.resolve() if given else download(folder), folder / "suite")
    passed = sum(outcome == "passed" for outcome, _ in found.values())
    for case, (outcome, reason) in sorted(found.items()):
        if outcome != "passed":
            print(f"{outcome}: {case}\n    {reason.splitlines()[-1] if reason else ''}")
    print(f"{passed} of {len(found)} cases pass")
    return 0 if found and passed >= NEEDED_SHARE * len(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
