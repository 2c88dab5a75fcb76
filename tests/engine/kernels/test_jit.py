"""Compiled code must never outlive the sources that it was made from."""

from __future__ import annotations

from hedgebook.engine.kernels import jit
from hedgebook.engine.kernels.book import loop


def test_the_cache_is_stamped_with_every_kernel_source() -> None:
    assert loop.simulate._cache._cache_file._source_stamp == jit.sources_stamp()  # type: ignore[attr-defined]


def test_the_stamp_follows_the_sources(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    first = jit.sources_stamp.__wrapped__()
    (tmp_path / "b.py").write_text("x = 2\n")
    assert jit.sources_stamp.__wrapped__() != first
