"""One event more at the end of a user's file of events."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from hedgebook.errors import EventError, InputError, did_you_mean, together

from ..event import Event, EventLibrary, event_calendar, load_events
from ..raw_file import is_file
from ..universe import Universe
from .indicators import TAGS

# A tag that is so near to one that is in use is a slip of the pen.
SLIP = 0.84
HEAD = "# Own events. hedgebook new event appends to this file; a line that begins with # is a remark.\n"


def append_event(path: Path, event: Event, universe: Universe) -> Path:
    """Append an event to a file, which is made with its folder where it is not there, and return the path.

    Nothing that stands in the file is changed. Raises EventError, all problems at once, for a day, timing and moment
    that contradict one another, an identifier that the file or the shipped events have, a side that the universe has
    not, a tag that is nearly one in use, and a file that cannot be read or written.
    """
    known = load_events(path).events if is_file(path) else ()
    problems = [
        *_of_calendar(event),
        *_of_ids(event, known, path),
        *_of_sides(event, universe),
        *_of_tags(event, known),
    ]
    if problems:
        raise together(problems)
    old = path.read_text(encoding="utf-8-sig") if is_file(path) else HEAD
    added = ("" if old.endswith("\n") else "\n") + "\n" + event_toml(event)
    EventLibrary.model_validate(tomllib.loads(old + added))
    _append(path, (added if is_file(path) else old + added).encode())
    return path


def _append(path: Path, data: bytes) -> None:
    """Append in one write, so that two who append at once lose nothing, and take back what was cut short."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, data) < len(data):
                os.ftruncate(descriptor, size)
                raise OSError("there is no room")
        finally:
            os.close(descriptor)
    except OSError as problem:
        raise EventError(f"it cannot be written: {problem.strerror or problem}", where=str(path)) from None


def event_toml(event: Event) -> str:
    """An event as a table of such a file."""
    lines = ["[[events]]", f"id = {_text(event.id)}", f"announced_on = {event.announced_on.isoformat()}"]
    lines.append(f"timing = {_text(event.timing.value)}")
    if isinstance(event.announced_at, datetime):
        lines.append(f"announced_at = {event.announced_at.isoformat()}")
    lines.append(f"headline = {_text(event.headline)}")
    for name in ("tags", "expected_winners", "expected_losers", "sources"):
        lines.append(f"{name} = [{', '.join(_text(one) for one in getattr(event, name))}]")
    lines += [f"confidence = {_text(event.confidence)}", f"notes = {_text(event.notes)}"]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _of_calendar(event: Event) -> list[InputError]:
    try:
        event.first_fill(event_calendar(event))
    except InputError as problem:
        return [problem]
    return []


def _of_ids(event: Event, known: Sequence[Event], path: Path) -> list[InputError]:
    for where, events in ((path.name, known), ("the shipped events", load_events().events)):
        if any(event.id == one.id for one in events):
            remedy = "Give it an identifier of its own."
            return [EventError("this identifier is taken", where=where, value=event.id, remedy=remedy)]
    return []


def _of_sides(event: Event, universe: Universe) -> list[InputError]:
    names = (*universe.bucket_names, *universe.tickers)
    found: list[InputError] = [
        EventError(
            f"universe {universe.name} has no such side", where=where, value=one, remedy=did_you_mean(one, names)
        )
        for where in ("expected_winners", "expected_losers")
        for one in getattr(event, where)
        if one not in names
    ]
    both = sorted(set(event.expected_winners) & set(event.expected_losers))
    if both:
        found.append(EventError("it is expected to win and to lose", where=f"event {event.id}", value=both[0]))
    return found


def _of_tags(event: Event, known: Sequence[Event]) -> list[InputError]:
    used = sorted({*TAGS, *(tag for one in (*load_events().events, *known) for tag in one.tags)})
    found: list[InputError] = []
    if not event.tags:
        remedy = f"Name one with --tag: {', '.join(TAGS)}, or one of your own."
        found.append(EventError("an event needs a tag to be found by", where=f"event {event.id}", remedy=remedy))
    for tag in event.tags:
        near = get_close_matches(tag, used, n=1, cutoff=SLIP)
        if tag not in used and near:
            found.append(
                EventError("this tag is nearly one in use", where="tags", value=tag, remedy=f"Write {near[0]}.")
            )
        elif not tag or tag != tag.strip().lower() or " " in tag:
            remedy = "Write small letters, digits and dashes."
            found.append(EventError("a tag cannot be written so", where="tags", value=tag, remedy=remedy))
    return found
