"""docs/measures.md: every measure of a return series with its definition, for readers of the repository."""

from __future__ import annotations

from hedgebook.engine.tearsheet.definitions import GROUPS, MEASURES, Definition

HEAD = """# Measures

Every measure that tear sheets, comparisons and risk reports show, as they compute it. Returns are simple; `r` are those
of the series at its own frequency (a return is of a session, a week or a month), and a measure "of a year" is scaled by
the returns that a year has at that frequency: it is undefined where the dates have no regular step. A measure without
a value says why; none is ever filled. This page is written by `python docs/measures.py`.
"""
UNIT = "session"


def measures_markdown() -> str:
    """The page as Markdown: a heading for each group, and under it each measure with an anchor of its key."""
    parts = [HEAD]
    for group in GROUPS:
        parts.append(f"\n## {group}\n")
        parts += [_entry(key, one) for key, one in MEASURES.items() if one.group == group]
    return "".join(parts)


def _entry(key: str, one: Definition) -> str:
    lines = [f'\n### <a id="{key}"></a>{one.named(UNIT)}\n', f"\n{one.text.format(unit=UNIT)}\n"]
    told = {
        "Key": f"`{key}`",
        "Formula and source": one.source,
        "Needs": _needs(one),
        "Undefined": one.undefined,
        "Elsewhere": one.differs,
    }
    lines += ["\n", *(f"- {name}: {text}\n" for name, text in told.items() if text)]
    return "".join(lines)


def _needs(one: Definition) -> str:
    needs = [f"{one.least} returns"] if one.least > 1 else []
    if one.annual:
        needs.append("dates with a regular step")
    if one.benchmark:
        needs.append("a benchmark")
    return ", ".join(needs)


if __name__ == "__main__":
    print(measures_markdown(), end="")
