"""Notes are texts that know what they are about."""

from __future__ import annotations

import copy
import json
import pickle

from hedgebook.universes.note import Note, NoteKind, kind_of


def test_a_note_is_its_text_wherever_it_goes() -> None:
    note = Note("still held: AAA", NoteKind.STILL_HELD, ["AAA"])
    assert note == "still held: AAA"
    assert json.loads(json.dumps({"notes": [note]})) == {"notes": ["still held: AAA"]}
    for same in (pickle.loads(pickle.dumps(note)), copy.deepcopy(note)):
        assert (same, same.kind, same.tickers) == (note, NoteKind.STILL_HELD, ("AAA",))


def test_a_plain_text_is_of_no_kind() -> None:
    assert kind_of("still held after the last session: AAA") is NoteKind.OTHER
