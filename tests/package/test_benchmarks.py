"""Every benchmark at a size of seconds: its answers are checked, its times are not."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmarks.__main__ as command
from benchmarks import hedging
from hedgebook.engine.hedging.estimate import HedgeTable
from hedgebook.errors import VerificationError

# Its tests are run by tests/golden/test_empyrical_calls.py, from an archive where there is one; it downloads its own.
# The table against other packages starts processes and loads all of them: tests/docs/test_bench_table.py has its gate.
ELSEWHERE = {"empyrical_suite", "peers"}


@pytest.mark.parametrize("name", [name for name in command.NAMES if name not in ELSEWHERE])
def test_runs_and_checks_its_answers(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Files named for pytest are no prices.
    monkeypatch.setattr("sys.argv", ["benchmarks"])
    assert command.run(name, tiny=True) == 0
    assert capsys.readouterr().out


def test_every_module_is_a_benchmark() -> None:
    modules = {path.stem for path in Path(command.__file__).parent.glob("*.py")}
    assert modules - {"__init__", "__main__"} - command.NOT_BENCHMARKS == set(command.NAMES)


def test_a_wrong_answer_fails_at_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    right = hedging.run

    def wrong(*given: object) -> HedgeTable:
        table = right(*given)
        table.weights[:] *= 1.001
        return table

    monkeypatch.setattr(hedging, "run", wrong)
    with pytest.raises(VerificationError, match="differs from least squares"):
        command.run("hedging", tiny=True)


def test_a_missed_bound_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hedging, "ESTIMATES", 800)
    monkeypatch.setattr(hedging, "BOUND_SECONDS", 0.0)
    assert command.main(["hedging"]) == 1


def test_an_unknown_name_is_told() -> None:
    assert command.main(["no-such"]) == 2
