"""How a sweep's measures, parameters and luck are put into words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hedgebook.engine.risk.measures import MEASURE_FACTS, Form
from hedgebook.engine.sweep.analysis.luck import Luck
from hedgebook.engine.sweep.analysis.luck_verdict import probability_text
from hedgebook.engine.sweep.analysis.overfit import FEWEST_IN_BLOCK, SweepCscv
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.engine.sweep.space import Axis
from hedgebook.engine.sweep.space.values import text_of
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, number, percent

# The measures that a list of sets shows.
LISTED = tuple(name for name, facts in MEASURE_FACTS.items() if facts.listed)
CONVENTIONS = {"bailey-lopez-de-prado": "BLP", "lopez-de-prado-lipton-zoonekynd": "LLZ"}
CONVENTION_WORDS = (
    "BLP: Bailey and Lopez de Prado (2014); LLZ: Lopez de Prado, Lipton and Zoonekynd (2026). Where two figures stand "
    "together, the first is BLP. Effective: by effective rank of the returns."
)
DRAWS = {
    "grid": "every combination",
    "random": "drawn at random",
    "lhs": "drawn as a Latin hypercube",
    "sobol": "drawn as a Sobol sequence",
    "given": "as they were given",
}
FEW = 4
REASON_CHARACTERS = 72
# What a number is written with beside its digits.
NUMERIC = "+-\u2212.,:%e"


def parameter_heading(name: str) -> str:
    """A parameter over a column of a list of sets: its name, told apart from what else stands there."""
    taken = name in ("Set", *(facts.heading for facts in MEASURE_FACTS.values()))
    return f"{name} (parameter)" if taken else name


def form_of(measure: str) -> Form:
    """How a measure is written; a mean return is a fraction."""
    return MEASURE_FACTS[measure].form if measure in MEASURE_FACTS else Form.FRACTION


def measure_text(measure: str, value: float) -> str:
    """A measure as a reader takes it."""
    form = form_of(measure)
    if form is Form.COUNT:
        return count(value)
    return number(value) if form is Form.RATIO else percent(value)


def tick_format(measure: str) -> str:
    """How the ticks of an axis of this measure are written."""
    return ",~%" if form_of(measure) is Form.FRACTION else ",~f"


def measure_name(measure: str) -> str:
    """A measure within a sentence: Sharpe ratio, total return, max drawdown."""
    return MEASURE_FACTS[measure].phrase if measure in MEASURE_FACTS else measure


def value_text(value: Any, most: int | None = None) -> str:
    """A parameter's value as a person types it, numbers with at most six digits; text is cut to `most` characters."""
    if isinstance(value, int | float):
        return f"{value:.6g}" if isinstance(value, float) else text_of(value)
    return cut(text_of(value), most) if most is not None else text_of(value)


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, its end replaced by an ellipsis; no number in it is cut in two."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    if kept[-1:].isdigit() or kept[-1:] in NUMERIC:
        kept = kept.rstrip(f"0123456789{NUMERIC}")
    return f"{kept.rstrip()}…" if kept.strip() else text


def axis_words(axis: Axis) -> str:
    """An axis in short: hold 1 to 16 (16 values)."""
    if axis.continuous:
        return f"{axis.name} between {axis.low:g} and {axis.high:g}"
    values = [axis.levels[k] for k in axis.order] if axis.numeric else list(axis.levels)
    if axis.numeric and len(values) > FEW:
        none = "none, " if axis.missing.any() else ""
        return f"{axis.name} {none}{value_text(values[0])} to {value_text(values[-1])} ({len(axis)} values)"
    shown = [value_text(value, 32) for value in axis.levels]
    if len(shown) > FEW:
        return f"{axis.name} {', '.join(shown[: FEW - 1])} and {len(shown) - FEW + 1:,} more"
    return f"{axis.name} {', '.join(shown)}"


def swept_words(result: SweepResult) -> str:
    """What was swept, in a line: the axes, how many sets ran of how many, and how they came about."""
    axes = "; ".join(axis_words(axis) for axis in result.axes)
    ran = f"{result.ran:,} of {counted(result.count, 'set')} ran ({drawn_words(result)})"
    return f"{axes}. {ran}{fate_words(result)}, compared by {measure_name(result.metric)}"


def fate_words(result: SweepResult) -> str:
    """How many sets were ruined, traded nothing or ended at stale prices, as it goes on from those that ran."""
    fates = ((result.ruined, "ruined"), (result.untraded, "not traded"))
    told = "".join(
        f", {some:,} of {result.count:,} {'was' if some == 1 else 'were'} {fate}" for some, fate in fates if some
    )
    return told + (f", {result.stale:,} of {result.count:,} held stale prices at the end" if result.stale else "")


def drawn_words(result: SweepResult) -> str:
    """How the sets came about, with the seed where there is one."""
    sets = result.sets
    # Sets that are given one by one need no seed: an adaptive search, which found them, does.
    adaptive = sets.how == "given" and sets.seed is not None
    how = "found by adaptive search" if adaptive else DRAWS.get(sets.how, sets.how)
    return how if sets.seed is None else f"{how}, seed {sets.seed}"


def varying(result: SweepResult) -> tuple[Axis, ...]:
    """The axes with more than one value; all of them where there is none."""
    found = tuple(axis for axis in result.axes if axis.continuous or len(axis) > 1)
    return found or result.axes


def ranked(result: SweepResult) -> int:
    """How many sets have the metric, and so could have been the best."""
    return int(np.isfinite(result.values).sum())


def reason_of(luck: Luck, *names: str) -> str:
    """Why a figure does not exist, in few words: the first of the reasons that there is."""
    found = next((luck.reasons[name] for name in names if name in luck.reasons), "not known")
    # An error's message begins with where it arose and ends with what is accepted: here the middle is enough.
    where, colon, rest = found.partition(": ")
    told = (rest if colon and " " not in where else found).partition(". ")[0]
    text = cut(told.rstrip("."), REASON_CHARACTERS)
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def deflated_words(luck: Luck) -> str:
    """The deflated Sharpe ratio with all sets as trials under both conventions, or why there is none."""
    found = [luck.deflated.get("all sets", {}).get(name) for name in CONVENTIONS]
    if all(value is None for value in found):
        return f"deflated Sharpe: none ({reason_of(luck, 'deflated', *_keys('deflated all sets,'))})"
    shown = " / ".join(probability(value) for value in found)
    return f"deflated Sharpe {shown} (BLP / LLZ, {trials_and_spread(luck)})"


def trials_and_spread(luck: Luck) -> str:
    """The two counts that a deflated Sharpe ratio rests on: the trials, and those whose ratios have the spread."""
    return f"{luck.ran:,} trial{'' if luck.ran == 1 else 's'}, spread of {luck.with_ratio:,}"


def pbo_name(cross: SweepCscv | None) -> str:
    """PBO, with the length of its blocks where they are so short that it rests on very little."""
    if cross is None or cross.shortest_sessions >= FEWEST_IN_BLOCK:
        return "PBO"
    few = cross.shortest_sessions
    return f"PBO (only {few} session{'' if few == 1 else 's'} a block)"


def pbo_words(luck: Luck) -> str:
    """The probability of overfitting, or why there is none."""
    if luck.overfitting is None:
        return f"PBO: none ({reason_of(luck, 'overfitting')})"
    return f"{pbo_name(luck.overfitting)} {probability(luck.overfitting.result.pbo)}"


def luck_words(luck: Luck) -> str:
    """What has to stand wherever a best set does."""
    return f"Luck of the best: {pbo_words(luck)}; {deflated_words(luck)}: {luck.finding}, {luck.choice}."


def trials_words(luck: Luck, name: str) -> str:
    """A number of trials in words: 100,000 sets, 3 clusters, 3.2 effective."""
    trials = luck.trials[name]
    if name == "all sets":
        return f"{luck.ran:,} set{'' if luck.ran == 1 else 's'}"
    if name == "workspace":
        return f"{trials:,.0f} of the workspace"
    plural = "cluster" if trials == 1.0 else "clusters"
    words = {"clusters": plural, "effective rank": "effective"}[name]
    return words if trials is None else f"{number(trials, 0 if name == 'clusters' else 1)} {words}"


def probability(value: float | None) -> str:
    """A probability as the verdict's sentences write it, or a dash."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    return probability_text(value)


def _keys(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix} {name}" for name in CONVENTIONS)
