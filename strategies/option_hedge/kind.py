"""How an option that hedges is asked for: CRWV:put:25d:60d, or put:25d:60d of any name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.chains.chain import Right

from ..express.listed import LONGEST_DAYS

KIND_FORM = "put:25d:60d, which is a put with a delta of 0.25 and about 60 days to expiry"
FORM = f"TICKER:{KIND_FORM}; a strike may stand for the delta, as in CRWV:put:80:60d"
RIGHTS: dict[str, Right] = {"put": "put", "p": "put", "call": "call", "c": "call"}
WHOLE, NUMBER = re.compile(r"\d{1,6}"), re.compile(r"\d{1,9}(\.\d+)?")


@dataclass(frozen=True)
class OptionKind:
    """A put or call some days from expiry, by its delta or its strike.

    days: calendar days to expiry; delta: without sign, None where the strike (USD a share) is given.
    """

    right: Right
    days: int
    delta: float | None = None
    strike: float | None = None

    def __str__(self) -> str:
        where = f"{round(100 * self.delta)}d" if self.delta is not None else f"{self.strike:.10g}"
        return f"{self.right}:{where}:{self.days}d"

    @property
    def sign(self) -> float:
        """Of its delta: -1 of a put, 1 of a call."""
        return 1.0 if self.right == "call" else -1.0


@dataclass(frozen=True)
class WantedOption:
    """An option of one kind on a ticker."""

    ticker: str
    kind: OptionKind

    def __str__(self) -> str:
        return f"{self.ticker}:{self.kind}"


def is_option(text: str) -> bool:
    """Whether a text among tickers and buckets asks for an option."""
    return ":" in text


def options_alone(names: Sequence[str], where: str = "options") -> tuple[WantedOption, ...]:
    """The options of names that all ask for one. Raises ParameterError as `options_among`, and for any other name."""
    for name in names:
        if not is_option(name):
            raise ParameterError("this asks for no option", where=where, value=name, bound=FORM)
    return options_among(names, where)


def parse_option(text: str, where: str = "instruments") -> WantedOption:
    """The option of a text such as CRWV:put:25d:60d. Raises ParameterError for anything else."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 4 or not parts[0]:
        remedy = f"Name what it is on, as in CRWV:{text}." if parts[0].lower() in RIGHTS else None
        raise ParameterError("this asks for no option", where=where, value=text, bound=FORM, remedy=remedy)
    return WantedOption(parts[0], _kind(text, parts[1:], where, strikes=True))


def parse_kind(text: str, where: str = "options") -> OptionKind:
    """The kind of a text such as put:25d:60d. Raises ParameterError for anything else."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 3:
        remedy = None
        if len(parts) == 4 and parts[1].lower() in RIGHTS:
            remedy = f"It is looked for on every name: write {':'.join(parts[1:])}, and the names with --among."
        raise ParameterError("this is no kind of option", where=where, value=text, bound=KIND_FORM, remedy=remedy)
    return _kind(text, parts, where, strikes=False)


def _kind(text: str, parts: Sequence[str], where: str, *, strikes: bool) -> OptionKind:
    right, at, life = (part.lower() for part in parts)
    if right not in RIGHTS:
        remedy = did_you_mean(right, ("put", "call"))
        raise ParameterError("an option is a put or a call", where=where, value=text, bound="put, call", remedy=remedy)
    days = _days(text, life, where)
    if at.endswith("d"):
        return OptionKind(RIGHTS[right], days, delta=_delta(text, at[:-1], where))
    if not strikes or not NUMBER.fullmatch(at) or float(at) == 0.0:
        remedy = f"Write {right}:25d:{days}d for a delta of 0.25."
        if not strikes and NUMBER.fullmatch(at):
            remedy = f"Strikes in USD are for hedge alone; a delta of 0.25 is written 25d. {remedy}"
        raise ParameterError(
            "this is no delta", where=where, value=text, bound="1d to 99d, in hundredths", remedy=remedy
        )  # fmt: skip
    return OptionKind(RIGHTS[right], days, strike=float(at))


def _delta(text: str, number: str, where: str) -> float:
    if not WHOLE.fullmatch(number) or not 1 <= int(number) <= 99:
        remedy = None
        if NUMBER.fullmatch(number) and 0.01 <= float(number) < 1.0:
            remedy = f"Write {round(100 * float(number))}d for a delta of {number}."
        raise ParameterError(
            "no option has this delta", where=where, value=text, bound="1d to 99d, in whole hundredths", remedy=remedy
        )
    return int(number) / 100.0


def _days(text: str, life: str, where: str) -> int:
    number = life.removesuffix("d")
    if not life.endswith("d"):
        remedy = f"Write {number}d." if WHOLE.fullmatch(number) else None
        raise ParameterError("days to expiry end with d", where=where, value=text, bound=FORM, remedy=remedy)
    if not WHOLE.fullmatch(number) or not 1 <= int(number) <= LONGEST_DAYS:
        raise ParameterError(
            "no option is listed so many days ahead", where=where, value=text, bound=f"1d to {LONGEST_DAYS}d"
        )
    return int(number)


def options_among(names: Sequence[str], where: str = "instruments") -> tuple[WantedOption, ...]:
    """The options among names of instruments, in their order.

    Raises ParameterError for a text that asks for none, and for a ticker that is hedged with twice: a method says one
    size a ticker.
    """
    found = tuple(parse_option(name, where) for name in names if is_option(name))
    for k, one in enumerate(found):
        if one.ticker in names or any(one.ticker == other.ticker for other in found[:k]):
            raise ParameterError(
                f"{one.ticker} is among the instruments twice, and a method says one size a ticker", where=where,
                value=", ".join(names), remedy=f"Keep one of shares and options of {one.ticker}.",
            )  # fmt: skip
    return found
