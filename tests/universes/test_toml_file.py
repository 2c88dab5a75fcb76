"""Reading TOML into models: every error names the file, the key, the value and the remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, model_validator

from hedgebook.errors import InputError, ParameterError, UniverseError
from hedgebook.universes.model import Value
from hedgebook.universes.toml_file import find_file, flaw, read_toml, validate


class Shelf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1)
    height_mm: int = Field(gt=0)
    material: Literal["oak", "steel"] = "oak"
    built_on: date | None = None
    sold_at: AwareDatetime | None = None
    fixed: StrictBool = False


class Room(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    shelves: tuple[Shelf, ...] = Field(min_length=1)
    doors: list[str] = []

    @model_validator(mode="after")
    def _labels_once(self) -> Room:
        seen: set[str] = set()
        for i, shelf in enumerate(self.shelves):
            if shelf.label in seen:
                raise flaw("twice", at=("shelves", i, "label"), value=shelf.label, remedy="Rename it.")
            seen.add(shelf.label)
            if shelf.height_mm == 13:
                raise ValueError("thirteen is unlucky")
        return self


GOOD = 'label = "a"\nheight_mm = 300\n'


def room(tmp_path: Path, shelves: str, head: str = 'name = "hall"') -> InputError:
    path = tmp_path / "room.toml"
    path.write_text(f"{head}\n{shelves}", encoding="utf-8")
    with pytest.raises(UniverseError) as caught:
        validate(Room, read_toml(path, error=UniverseError), path=path, error=UniverseError)
    return caught.value


@pytest.mark.parametrize(
    ("line", "where", "what", "value", "remedy"),
    [
        ("heigth_mm = 3", "shelves[0].heigth_mm", "no such key", 3, "Did you mean 'height_mm'?"),
        ('material = "stel"', "shelves[0].material", "no such choice", "stel", "'steel'"),
        ('built_on = "soon"', "shelves[0].built_on", "not a date", "soon", "Write a date as in 2026-07-01"),
        ("built_on = 20260701", "shelves[0].built_on", "date", 20260701, "Write a date as in 2026-07-01"),
        ("sold_at = 2026-07-01T08:00:00", "shelves[0].sold_at", "no offset from UTC", None, "Add the offset from UTC"),
        ('sold_at = "x"', "shelves[0].sold_at", "not a moment", "x", "Write a moment with its offset"),
        ('fixed = "yes"', "shelves[0].fixed", "neither true nor false", "yes", "Write true or false"),
    ],
)
def test_problem_in_a_nested_table(
    tmp_path: Path, line: str, where: str, what: str, value: object, remedy: str
) -> None:
    error = room(tmp_path, f"[[shelves]]\n{GOOD}{line}\n")
    assert error.where == f"room.toml: {where}"
    assert what in error.what
    assert remedy in str(error.remedy)
    if value is not None:
        assert error.value == value
        assert repr(value) in str(error)


@pytest.mark.parametrize(
    ("text", "where", "what", "remedy"),
    [
        ("[[shelves]]\nheight_mm = 1", "shelves[0].label", "missing", "Add it."),
        ('[[shelves]]\nlabel = ""\nheight_mm = 1', "shelves[0].label", "empty", "Write something here."),
        ("[[shelves]]\nlabel = 7\nheight_mm = 1", "shelves[0].label", "not text", "in quotes."),
        ('[[shelves]]\nlabel = "a"\nheight_mm = 0', "shelves[0].height_mm", "out of range", "None"),
        ("shelves = []", "shelves", "too few", "Add at least one."),
        ('shelves = "a"', "shelves", "not a list", "Write a list"),
        ('shelves = ["a"]', "shelves[0]", "should be a table", "keys label, height_mm, material"),
        (f"[[shelves]]\n{GOOD}[[shelves]]\n{GOOD}", "shelves[1].label", "twice", "Rename it."),
        ('[[shelves]]\nlabel = "a"\nheight_mm = 13', "", "thirteen is unlucky", "Correct this value."),
    ],
)
def test_problem_names_place_and_remedy(tmp_path: Path, text: str, where: str, what: str, remedy: str) -> None:
    error = room(tmp_path, text)
    assert error.where == (f"room.toml: {where}" if where else "room.toml")
    assert what in error.what
    assert remedy in str(error.remedy)


def test_misspelt_key_is_named_before_the_key_that_it_leaves_missing(tmp_path: Path) -> None:
    error = room(tmp_path, '[[shelves]]\nlable = "a"\nheight_mm = 1')
    assert error.where == "room.toml: shelves[0].lable"
    first, second, count = str(error).splitlines()
    assert first.endswith("Did you mean 'label'?")
    assert second == "room.toml: shelves[0].label: this key is missing. Add it."
    assert count == "These are 2 problems."


def test_long_values_are_left_out_of_the_message(tmp_path: Path) -> None:
    error = room(tmp_path, f'[[shelves]]\n{GOOD}material = "{"x" * 500}"')
    assert error.value is None
    assert len(str(error)) < 300


def test_top_level_key(tmp_path: Path) -> None:
    error = room(tmp_path, f"[[shelves]]\n{GOOD}", head='name = "hall"\ndors = ["a"]')
    assert error.where == "room.toml: dors"
    assert "Did you mean 'doors'?" in str(error)


def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert read_toml(path, error=InputError) == {"a": 1}


@pytest.mark.parametrize(
    ("content", "what", "remedy"),
    [
        (b"a = \n", "not valid TOML: Invalid value (at line 1, column 5)", "Correct the file there."),
        (b"a = 1\na = 2\n", "not valid TOML: Cannot overwrite a value (at line 2", "Correct the file there."),
        (b'a = "\xff"\n', "byte 5 is not UTF-8", "Save the file as UTF-8."),
    ],
)
def test_unreadable_content(tmp_path: Path, content: bytes, what: str, remedy: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(UniverseError) as caught:
        read_toml(path, error=UniverseError)
    assert caught.value.where == str(path)
    assert what in caught.value.what
    assert caught.value.remedy == remedy


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("a = 1\n")
    with pytest.raises(InputError, match=r"mime\.toml: there is no such TOML file.*mean 'mine\.toml'\?"):
        read_toml(tmp_path / "mime.toml", error=InputError)
    with pytest.raises(InputError, match=r"this is a folder, not a file. Name a file in it"):
        read_toml(tmp_path, error=InputError)


class TestFindFile:
    def find(self, name: str | Path) -> Path:
        return find_file(name, {"plain": Path("/shipped/plain.toml")}, kind="room", error=UniverseError)

    def test_shipped_name(self) -> None:
        assert self.find("plain") == Path("/shipped/plain.toml")

    def test_path(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.toml"
        path.write_text("")
        assert self.find(path) == self.find(str(path)) == path

    def test_unknown_name(self) -> None:
        with pytest.raises(UniverseError, match=r"no room 'plane'.*Did you mean 'plain'\? A file is named"):
            self.find("plane")

    def test_misspelt_path(self, tmp_path: Path) -> None:
        (tmp_path / "mine.toml").write_text("")
        with pytest.raises(UniverseError, match=r"no such room file.*Did you mean 'mine\.toml'\?"):
            self.find(tmp_path / "mien.toml")

    def test_path_in_an_empty_or_absent_folder(self, tmp_path: Path) -> None:
        with pytest.raises(UniverseError, match="There is no TOML file in folder"):
            self.find(tmp_path / "mine.toml")
        with pytest.raises(UniverseError, match=r"There is no folder .* either"):
            self.find(tmp_path / "nowhere" / "mine.toml")

    def test_path_of_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(UniverseError, match=r"this is a folder, not a room file.*Name a file in it"):
            self.find(tmp_path)


def test_everything_wrong_in_a_file_is_said_at_once(tmp_path: Path) -> None:
    text = f'[[shelves]]\n{GOOD}material = "stel"\n[[shelves]]\nlabel = ""\nheigth_mm = 3\nheight_mm = -1\n'
    error = room(tmp_path, text, head="nmae = 3")
    assert str(error).splitlines() == [
        "room.toml: shelves[1].heigth_mm: there is no such key (got 3). Did you mean 'height_mm'?",
        "room.toml: nmae: there is no such key (got 3). Did you mean 'name'?",
        "room.toml: name: this key is missing. Add it.",
        "room.toml: shelves[0].material: there is no such choice (got 'stel'). Did you mean 'steel'?",
        "room.toml: shelves[1].label: this is empty (got ''). Write something here.",
        "room.toml: shelves[1].height_mm: out of range (got -1). Accepted: above 0.",
        "These are 6 problems.",
    ]
    assert [one["where"] for one in error.to_dict()["also"]] == [one.where for one in error.also]  # type: ignore[attr-defined]


def test_of_very_many_problems_the_first_stand_in_the_message(tmp_path: Path) -> None:
    error = room(tmp_path, "".join(f'[[shelves]]\nlabel = "{k}"\nheight_mm = 0\n' for k in range(50)))
    lines = str(error).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "These are 50 problems, of which the first 20 stand here."


class Checked(Value):
    """A value with a number, a number by name, a date and a switch."""

    size: float = 1.0
    by_name: dict[str, float] = Field(default_factory=dict)
    day: date | None = None
    on: bool = False


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": True}, "size: this is not a number"),
        ({"by_name": {"a": 1, "b": False}}, "by_name: this is not a number"),
        ({"day": 0}, "day: this is not a date"),
        ({"day": True}, "day: this is not a date"),
        ({"size": [1]}, "size: this is not a number"),
        ({"by_name": 3}, "by_name: this is not a table"),
        ({"sise": 1}, "sise: there is no such key (got 1). Did you mean 'size'?"),
    ],
)
def test_values_made_in_code_refuse_in_the_same_words(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError) as made:
        Checked(**given)
    with pytest.raises(ParameterError) as validated:
        Checked.model_validate(given)
    assert str(made.value) == str(validated.value)
    assert str(made.value).startswith(said)


def test_what_fits_is_taken() -> None:
    made = Checked(size=2, by_name={"a": 1}, day=date(2026, 7, 1), on=True)
    assert (made.size, made.by_name, made.on) == (2.0, {"a": 1.0}, True)
    assert Checked(size="2.5").size == 2.5
