"""The benchmark of planted faults at its smallest size, on the sample market."""

from __future__ import annotations

import pytest

from benchmarks import quality


def test_each_kind_is_planted_and_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in quality.TINY.items():
        monkeypatch.setattr(quality, name, value)
    rates = [quality.rate(kind) for kind in quality.KINDS]
    assert sum(one.found for one in rates) >= len(rates) - 1
    assert not any(one.elsewhere for one in rates)
    lines = quality.page(rates).splitlines()
    assert [line.split("|")[1].strip() for line in lines if line.startswith("| ")][1 : len(rates) + 1] == [
        kind.name for kind in quality.KINDS
    ]
