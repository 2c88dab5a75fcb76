"""Names that stand twice are found by one function, wherever a file has names."""

from __future__ import annotations

from hedgebook.universes.refusal.problems import repeats


def test_every_later_one_is_a_flaw_at_its_place() -> None:
    names = ["a", None, "b", "a", None, ["x"], "b", ["x"], "a"]
    found = repeats(names, lambda i: ("rows", i, "id"), what="this row", remedy="Rename it.")
    context = [flaw.context or {} for flaw in found]
    assert [(one["at"], one["value"]) for one in context] == [
        (("rows", 3, "id"), "a"),
        (("rows", 6, "id"), "b"),
        (("rows", 7, "id"), ["x"]),
        (("rows", 8, "id"), "a"),
    ]
    assert {(one["what"], one["remedy"]) for one in context} == {("this row stands twice", "Rename it.")}
    assert repeats(["a", "b"], lambda i: (i,), what="this row", remedy="") == []
