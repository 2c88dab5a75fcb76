"""What public functions take: every argument is checked at the door, and a wrong one is refused with what is accepted.

`takes` decorates a function, `check_fields` serves the constructor of a dataclass; both know kinds of values by what
they are called and by a test, and classes by name, so that nothing is imported to see that a value is something else.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import wraps
from inspect import unwrap
from numbers import Integral, Real
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hedgebook.errors import InputError, ParameterError, shortened

from .meant_number import number_hint
from .refusal.foreign import guarded, in_python, is_a, text_of, unusable

if TYPE_CHECKING:
    from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])
LONGEST_NAME_BYTES = 255
LONGEST_TEXT = 100_000
LARGEST_WHOLE = 2**62
LARGEST_REAL = int(sys.float_info.max)


class Kind(NamedTuple):
    """A kind of values: what it is called in a message, and whether a value is of it."""

    words: str
    test: Callable[[Any], bool]

    def takes(self, value: Any) -> bool:
        """Whether a value is of it; one whose own methods fail is of none."""
        try:
            return bool(self.test(value))
        except Exception:
            return False

    def __or__(self, other: Any) -> Kind:
        """A value of either kind."""
        return either(self, other)


def either(*kinds: Kind) -> Kind:
    """A value of one of several kinds."""
    return Kind(" or ".join(kind.words for kind in kinds), lambda value: any(kind.test(value) for kind in kinds))


def instance(home: str, name: str, words: str) -> Kind:
    """Instances of a class by its module and name; a module that nobody imported has no instances."""

    def test(value: Any) -> bool:
        found = getattr(sys.modules.get(home), name, None)
        return isinstance(found, type) and isinstance(value, found)

    return Kind(words, test)


def whole(least: int | None = None, most: int | None = None) -> Kind:
    """Whole numbers, those of numpy among them, within limits."""
    words = f"a whole number{_limits(least, most)}"
    low, high = -LARGEST_WHOLE if least is None else least, LARGEST_WHOLE if most is None else most
    return Kind(words, lambda value: is_a(value, Integral) and bool(low <= value <= high))


def number(least: float | None = None, most: float | None = None) -> Kind:
    """Finite numbers within limits."""
    words = f"a number{_limits(least, most)}"

    def test(value: Any) -> bool:
        if not is_a(value, Real):
            return False
        try:
            size = float(value)
        except OverflowError:  # a whole number beyond all floats is as good as an infinite one
            return False
        return math.isfinite(size) and (least is None or size >= least) and (most is None or size <= most)

    return Kind(words, test)


def one_of(*choices: str) -> Kind:
    """One of a few words."""
    return Kind(", ".join(choices), lambda value: isinstance(value, str) and value in choices)


def many(kind: Kind, words: str) -> Kind:
    """A list or tuple, or another sequence that is no text, of values of one kind."""
    return Kind(words, lambda value: _is_sequence(value) and all(kind.test(part) for part in value))


def maybe(kind: Kind) -> Kind:
    """A value of a kind, or None."""
    return Kind(f"{kind.words} or None", lambda value: value is None or kind.test(value))


def _is_sequence(value: Any) -> bool:
    if isinstance(value, str | bytes | Mapping):
        return False
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return len(shape) == 1
    return isinstance(value, Sequence)


def _limits(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    return f" from {least:g}" if least is not None else f" up to {most:g}" if most is not None else ""


def _is_name(value: Any) -> bool:
    """Whether a value is text that can be written to a file; what a terminal would obey may stand in it."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return False
    # A lone surrogate, as stands for an undecodable byte, is no letter of any text.
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_text(value: Any) -> bool:
    return _is_name(value) and "\0" not in value


def _is_path(value: Any) -> bool:
    text = str(value) if isinstance(value, PurePath) else value
    if not isinstance(text, str) or not text.strip() or "\0" in text or len(text) > LONGEST_TEXT:
        return False
    try:
        # A byte that is no letter stands in a name as half a pair; other halves are no name of a file.
        return all(len(os.fsencode(part)) <= LONGEST_NAME_BYTES for part in Path(text).parts)
    except UnicodeEncodeError:
        return False


def _is_day(value: Any) -> bool:
    import numpy as np

    if isinstance(value, date):
        return value == value  # a moment that is not a time equals nothing
    if isinstance(value, np.datetime64):
        return not np.isnat(value)
    return isinstance(value, str)


def _numbers(*dimensions: int) -> Callable[[Any], bool]:
    """A test for numbers in a list, an array, a Series or a table of so many dimensions; NaN are numbers here."""

    def test(value: Any) -> bool:
        import numpy as np

        if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__len__"):
            return False
        try:
            given = np.asarray(value)
            if given.dtype.kind == "O":
                given = given.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            return False
        return given.ndim in dimensions and given.dtype.kind in "fiu" and len(given) == len(value)

    return test


def _is_real(value: Any) -> bool:
    return is_a(value, Real) and (not isinstance(value, Integral) or abs(int(value)) <= LARGEST_REAL)


TEXT = Kind("text", _is_text)
# Of data: a ticker or a column of a file may hold any letter.
NAME = Kind("text", _is_name)
FLAG = Kind("True or False", lambda value: isinstance(value, bool))
PATH = Kind("a path, as text or a Path", _is_path)
MOVES = Kind(
    'pairs of ticker and day, as in [("APLD", "2022-07-19")]', lambda value: isinstance(value, list | tuple | str)
)
CONSTRAINTS = Kind(
    'constraints, as in "delay + hold <= 21", functions of one set, or a list of these',
    lambda value: isinstance(value, str | list | tuple) or callable(value),
)
LIST_OF_NAMES = many(NAME, "a list of names")
FUNCTION = Kind("a function", callable)
NAMES = Kind(
    "a name, several with commas between them, or a list of names",
    lambda value: isinstance(value, str | list | tuple) and (TEXT.test(value) or LIST_OF_NAMES.test(value)),
)
DAY = Kind('a day, as in "2026-07-01"', _is_day)
DAYS = Kind(
    "an array of days",
    lambda value: str(getattr(value, "dtype", "")).startswith("datetime64") and len(getattr(value, "shape", ())) == 1,
)
NUMBER = number()
REAL = Kind("a number", _is_real)
COLUMN = Kind("numbers in a list, an array or a Series", _numbers(1))
TABLE = Kind("numbers in an array or a DataFrame of two dimensions", _numbers(2))
NUMBERS = Kind("numbers in a list, an array, a Series or a DataFrame", _numbers(1, 2, 3))
SEED = whole(0, 2**62)
DRAWS = whole(1, 10_000_000)
THREADS = whole(1, 256)
SESSIONS = whole(1, 1_000_000)
MAPPING = Kind("a mapping by name", lambda value: isinstance(value, Mapping) and all(isinstance(k, str) for k in value))
MARKET = instance("hedgebook.universes.market", "Market", "a market, as hb.load_market(...) gives")
UNIVERSE_VALUE = instance("hedgebook.universes.universe", "Universe", "a Universe")
UNIVERSE = either(
    PATH,
    instance("hedgebook.universes.universe", "Universe", "a Universe"),
    Kind(
        'tickers as in ["CEG", "VST"] or {"power": ["CEG", "VST"]}',
        lambda value: isinstance(value, list | tuple | dict),
    ),
)
EVENT = either(instance("hedgebook.universes.event", "Event", "an Event"), TEXT)
EVENT_LIBRARY = instance("hedgebook.universes.event", "EventLibrary", "an EventLibrary")
EVENT_VALUE = instance("hedgebook.universes.event", "Event", "an Event")
EVENTS = either(PATH, EVENT_LIBRARY, EVENT_VALUE, many(EVENT_VALUE, "a list of Events"))
MARK = Kind("Mark.OPEN, which is 0, or Mark.CLOSE, which is 1", whole(0, 1).test)
CALENDAR = instance("hedgebook.universes.calendar", "TradingCalendar", "a calendar, as event_calendar(event) gives")
COSTS = Kind(
    '"default", "none", the path of a TOML file or a Costs',
    either(PATH, instance("hedgebook.engine.frictions.costs", "Costs", "")).test,
)
ACCOUNT = Kind(
    '"plain", "strict", "none", the path of a TOML file or an Account',
    either(PATH, instance("hedgebook.engine.account.account", "Account", "")).test,
)
# What every front function that runs something takes under these names.
RUN_ON = {"market": MARKET, "costs": COSTS, "account": ACCOUNT, "events": EVENTS}
SCHEDULE = instance("hedgebook.engine.backtest.schedule", "Schedule", "a Schedule")
RULES = instance("hedgebook.engine.rules.rules", "Rules", "Rules")
CASH_FLOWS = instance("hedgebook.engine.backtest.flows", "CashFlows", "CashFlows")
HOLDINGS = instance("hedgebook.engine.backtest.holdings", "Holdings", "Holdings")
BACKTEST = instance("hedgebook.engine.backtest.result", "Backtest", "a Backtest, as run.backtest")
FACTOR_SET = instance(
    "hedgebook.engine.exposure.factor_sets", "FactorSet", "a FactorSet, as factors.etf_factors(market)"
)
LOADINGS = instance(
    "hedgebook.engine.exposure.factor_file", "Loadings", "Loadings, as factors.load_loadings(path) gives"
)
FACTOR_MODEL = instance(
    "hedgebook.engine.exposure.covariance", "FactorModelRisk", "what factors.factor_model_risk(...) gives"
)
ERROR_TERMS = instance("hedgebook.engine.exposure.ols", "ErrorTerms", "ErrorTerms")
DRIFT_NOISE = instance("hedgebook.engine.exposure.kalman", "DriftNoise", "a DriftNoise")
ESTIMATE = instance("hedgebook.engine.sweep.overfitting.sharpe", "SharpeEstimate", "a SharpeEstimate")
HYPOTHESES = instance("hedgebook.engine.sweep.overfitting.discovery", "SharpeHypotheses", "SharpeHypotheses")
VAR_SETTINGS = instance("hedgebook.engine.risk.var.estimate", "VarSettings", "VarSettings")
STUDY_OPTIONS = instance("hedgebook.engine.event_study.settings", "StudyOptions", "StudyOptions")
VALIDATION = instance("hedgebook.engine.sweep.out_of_sample.validation", "Validation", "a Validation")
TRADE = Kind(
    "an event trade, as hb.trade(...) gives, or its name",
    either(TEXT, instance("hedgebook.strategies.trade.trade", "EventTrade", "")).test,
)
BOOK = instance("hedgebook.strategies.book.file", "Book", "a Book")
HEDGE_BOOK = instance(
    "hedgebook.strategies.book.request", "HedgeBook", "a HedgeBook, as hb.HedgeBook(book, instruments)"
)
PERIOD = instance("hedgebook.strategies.book.request", "Period", "a Period")
FINDER_OPTIONS = instance("hedgebook.front.desk.find", "FinderOptions", "FinderOptions")
SWEEP_OPTIONS = instance("hedgebook.front.sweep", "SweepOptions", "SweepOptions")
FRAME = instance("pandas", "DataFrame", "a DataFrame")
SERIES = instance("pandas", "Series", "a Series")
SERIES_OF_NUMBERS = Kind("a Series of numbers", lambda value: SERIES.test(value) and COLUMN.test(value))
SERIES_BY_NAME = Kind(
    "a mapping of names to Series of numbers, each indexed by date",
    lambda value: MAPPING.test(value) and all(SERIES_OF_NUMBERS.test(one) for one in value.values()),
)
FRAMES_BY_NAME = Kind(
    "a mapping of names to DataFrames",
    lambda value: MAPPING.test(value) and all(FRAME.test(one) for one in value.values()),
)


def refused(name: str, value: object, kind: Kind, error: type[InputError] = ParameterError) -> InputError:
    """The error for a value that is not of its kind."""
    try:
        return _refused(name, value, kind, error)
    except Exception:
        found = unusable({name: value}, error)
        return found or error("this value cannot be used", where=name, bound=kind.words)


def _refused(name: str, value: object, kind: Kind, error: type[InputError]) -> InputError:
    what = type(value).__name__
    article = "an" if what[:1].lower() in "aeiou" else "a"
    shown: object = None
    if _plain(value):
        shown = value
    elif isinstance(value, str | bytes | int | float | date | PurePath):
        shown = shortened(_text_of(value), 80)
    given = "nothing can be done with None" if value is None else f"{article} {what} cannot be used here"
    if kind is PATH and isinstance(value, str | PurePath) and len(str(value)) > LONGEST_NAME_BYTES:
        return error("this is too long for the name of a file", where=name, value=shown, bound=kind.words)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        given = "this value cannot be used"
    return error(given, where=name, value=shown, bound=kind.words, remedy=number_hint(value, name, fits=kind.test))


def _plain(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30


def _text_of(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**30:
        return "a very large number"
    return value if isinstance(value, str) else text_of(value)


def check(name: str, value: object, kind: Kind, error: type[InputError] = ParameterError) -> None:
    """Raise `error` for a value that is not of its kind."""
    if not kind.takes(value):
        raise refused(name, value, kind, error)


def as_array(value: object, dtype: Any, name: str, error: type[InputError] = ParameterError) -> NDArray[Any]:
    """The value as an array of a type in C order, itself where it is one. Raises `error` where it cannot be one."""
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            given = np.asarray(value)
            if given.dtype.kind not in _FITS[np.dtype(dtype).kind]:
                raise TypeError
            return np.ascontiguousarray(given, dtype=dtype) if given.ndim else given.astype(dtype)
    except Exception:  # also what a value's own methods raise
        words = {"M": "an array of moments", "f": "an array of numbers", "i": "an array of whole numbers"}
        raise refused(name, value, Kind(words[np.dtype(dtype).kind], callable), error) from None


# What kinds of arrays become moments, numbers or whole numbers without a loss.
_FITS = {"M": "M", "f": "fiu", "i": "iu"}


def check_fields(made: object, kinds: Mapping[str, Kind]) -> None:
    """Raise ParameterError for the first field of a dataclass that is not of its kind; numbers become Python's."""
    for name in kinds:
        given = getattr(made, name)
        plain = _checked(name, given, kinds)
        if plain is not given:
            object.__setattr__(made, name, plain)


def takes(**kinds: Kind) -> Callable[[F], F]:
    """Check arguments before a function runs, by the names of its parameters; what is left out is not checked."""

    def decorate(function: F) -> F:
        # Under another decorator the names are those of the function itself.
        code = unwrap(function).__code__
        positional = code.co_varnames[: code.co_argcount]

        @wraps(function)
        def checked(*args: Any, **named: Any) -> Any:
            given = tuple(_checked(name, value, kinds) for name, value in zip(positional, args, strict=False))
            by_name = {name: _checked(name, value, kinds) for name, value in named.items()}
            names = {**dict(zip(positional, args, strict=False)), **named}
            return guarded(lambda: function(*given, *args[len(given) :], **by_name), names)

        return checked  # type: ignore[return-value]

    return decorate


def _checked(name: str, value: Any, kinds: Mapping[str, Kind]) -> Any:
    """A value that is of its kind, numbers of other libraries as Python's. Raises ParameterError for another one."""
    kind = kinds.get(name)
    if kind is None:
        return value
    plain = in_python(value)
    if not kind.takes(plain):
        raise refused(name, value, kind)
    return plain
