"""The best set of a sweep beside what luck can do, as rows for a table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hedgebook.engine.risk.measures import MEASURE_FACTS
from hedgebook.engine.sweep.analysis.luck import Luck
from hedgebook.engine.sweep.analysis.luck_parts import stepdown_of
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, number, percent, setting
from ..page.table import Column, Table, columns
from ..study.tables import p_text
from .words import (
    CONVENTION_WORDS,
    CONVENTIONS,
    LISTED,
    luck_words,
    measure_text,
    parameter_heading,
    pbo_name,
    probability,
    ranked,
    reason_of,
    trials_words,
    value_text,
)

Row = tuple[str, str]
VALUE_CHARACTERS = 22


def best_table(result: SweepResult) -> Table:
    """The best set's parameters and measures on the left, what luck can do on the right."""
    left, right = _best_rows(result), _luck_rows(result)
    length = max(len(left), len(right))
    left, right = ([*rows, *[("", "")] * (length - len(rows))] for rows in (left, right))
    only = ranked(result) == 1
    return Table(
        "The only set that can be ranked" if only else "The best set and its luck",
        (Column("Only set" if only else "Best set", False), Column(""), Column("Luck", False), Column("")),
        tuple((*a, *b) for a, b in zip(left, right, strict=True)),
        f"{CONVENTION_WORDS} In brackets: why there is no figure.",
    )


def _best_rows(result: SweepResult) -> list[Row]:
    best = result.best
    rows = [("Set", f"{best.index:,}")]
    rows += [(parameter_heading(name), value_text(value, VALUE_CHARACTERS)) for name, value in best.parameters.items()]
    names = dict.fromkeys((result.metric, *LISTED, *MEASURE_FACTS))
    return [*rows, *((MEASURE_FACTS[name].heading, measure_text(name, best.metrics[name])) for name in names)]


def _luck_rows(result: SweepResult) -> list[Row]:
    luck = result.luck
    cross = luck.overfitting
    share = None if cross is None else probability(cross.result.pbo)
    rows = [(luck.finding.capitalize(), ""), (luck.choice.capitalize(), ""), ("In excess of", luck.null)]
    rows += [_figure(pbo_name(cross), share, reason_of(luck, "overfitting"))]
    slope = None if luck.rank_slope is None else number(luck.rank_slope)
    rows.append(_figure("Rank outside of a sample on rank inside, slope", slope, reason_of(luck, "rank_slope")))
    if cross is not None and len(cross.by_blocks) > 1:
        fewer = [(count, value) for count, value in cross.by_blocks.items() if count != cross.result.blocks]
        name = f"PBO with {' / '.join(str(count) for count, _ in fewer)} blocks"
        rows.append((name, " / ".join(probability(value) for _, value in fewer)))
    rows += [_deflated(luck, name) for name in luck.trials]
    rows.append(("Trials; Sharpe ratios in their spread", f"{luck.ran:,}; {luck.with_ratio:,}"))
    rows += spread_rows(luck)
    rows += [
        _figure(f"Best Sharpe by luck, {trials_words(luck, name)}", number(value))
        for name, value in luck.expected_max.items()
        if value is not None
    ]
    rows += [
        _both(
            luck,
            "Probabilistic Sharpe",
            {k: _share(v) for k, v in luck.probabilistic.items()},
            _keys(luck, "probabilistic"),
        ),
        _plateau(result),
        *_superiority(result),
        _both(
            luck,
            "Minimum track record, sessions",
            {name: None if v is None else count(v) for name, v in luck.minimum_track_record.items()},
            _keys(luck, "minimum_track_record"),
        ),
        *_haircut(luck),
        _interval(luck),
    ]
    return rows


def spread_rows(luck: Luck) -> list[Row]:
    """The deviation of the sets' Sharpe ratios; also in excess of the null where deflated figures use that one."""
    told = [(luck.sharpe_variance, "")]
    if luck.deflated_variance != luck.sharpe_variance:
        told.append((luck.deflated_variance, f" in excess of {luck.null}, which deflates"))
    year = SESSIONS_PER_YEAR
    return [
        (f"Deviation of Sharpe ratios{words}", number(math.sqrt(value * year)))
        for value, words in told
        if value is not None
    ]


def _figure(name: str, text: str | None, reason: str = "") -> Row:
    return (name, text) if text is not None else (f"{name} ({reason})", UNDEFINED)


def _share(value: float | None) -> str | None:
    return None if value is None else probability(value)


def _deflated(luck: Luck, name: str) -> Row:
    held = {one: _share(value) for one, value in luck.deflated[name].items()}
    return _both(luck, f"Deflated Sharpe, {trials_words(luck, name)}", held, _keys(luck, "deflated", name))


def _keys(luck: Luck, key: str, trials: str = "") -> tuple[str, ...]:
    """The names under which the reason for a missing figure may stand, the most telling one first."""
    longer = (f"{key} {trials}, {name}" if trials else f"{key} {name}" for name in CONVENTIONS)
    return (*((trials,) if trials and luck.trials[trials] is None else ()), key, *longer)


def _both(luck: Luck, title: str, held: Mapping[str, str | None], keys: tuple[str, ...]) -> Row:
    """A figure under both conventions, or why there is none."""
    texts = [held.get(name) for name in CONVENTIONS]
    if any(text is not None for text in texts):
        return title, " / ".join(UNDEFINED if text is None else text for text in texts)
    return f"{title} ({reason_of(luck, *keys)})", UNDEFINED


def _plateau(result: SweepResult) -> Row:
    plateau = result.plateau
    if plateau.score is None:
        return f"Plateau score ({(plateau.reason or 'not known').rstrip('.').lower()})", UNDEFINED
    told = counted(plateau.neighbours - plateau.failed, "neighbour")
    return f"Plateau score, {told}", number(plateau.score)


def _superiority(result: SweepResult) -> list[Row]:
    luck = result.luck
    tests = luck.superiority
    if tests is None:
        return [(f"SPA, Reality Check, Romano-Wolf ({reason_of(luck, 'superiority')})", UNDEFINED)]
    index = luck.chosen.index
    own = stepdown_of(tests, index)
    return [
        ("SPA, p-value (Hansen)", p_text(tests.spa_consistent)),
        ("Reality Check, p-value (White)", p_text(tests.reality_check)),
        ("Romano-Wolf, adjusted p-value", p_text(own)),
    ]


def _haircut(luck: Luck) -> list[Row]:
    if luck.haircut is None:
        return [(f"Sharpe after haircut ({reason_of(luck, 'haircut')})", UNDEFINED)]
    names = {"bonferroni": "Bonferroni", "holm": "Holm", "bhy": "BHY"}
    held = {names[name]: number(row["haircut_sharpe"]) for name, row in luck.haircut.items()}
    if len(set(held.values())) == 1:
        return [("Sharpe after any haircut", next(iter(held.values())))]
    return [(f"Sharpe after haircut, {name}", text) for name, text in held.items()]


def _interval(luck: Luck) -> Row:
    found = luck.interval
    if found is None:
        return f"Sharpe, interval ({reason_of(luck, 'interval')})", UNDEFINED
    return f"Sharpe, {setting(found.confidence)} interval", f"{number(found.low)} to {number(found.high)}"


def luck_table(result: SweepResult) -> Table:
    """Every measure of luck under each convention, with what it means; for the page."""
    luck = result.luck
    rows: list[tuple[str, str, str, str]] = []

    def pair(name: str, held: Mapping[str, str | None], meaning: str, *keys: str) -> None:
        blp, llz = (held.get(one) or UNDEFINED for one in CONVENTIONS)
        rows.append((name, blp, llz, f"none: {reason_of(luck, *keys)}" if blp == llz == UNDEFINED else meaning))

    pair(
        "Probabilistic Sharpe",
        {name: _share(value) for name, value in luck.probabilistic.items()},
        "chance that the true Sharpe ratio is above 0, had this set been the only one tried",
        *_keys(luck, "probabilistic"),
    )
    for name in luck.trials:
        pair(
            f"Deflated Sharpe, {trials_words(luck, name)}",
            {one: _share(value) for one, value in luck.deflated[name].items()},
            "chance that it is above what luck gives to the best of so many",
            *_keys(luck, "deflated", name),
        )
    pair(
        "Minimum track record",
        {name: None if value is None else count(value) for name, value in luck.minimum_track_record.items()},
        f"sessions until the Sharpe ratio is told from 0; the set has {count(luck.sessions or 0)}",
        *_keys(luck, "minimum_track_record"),
    )
    return Table(
        "By convention",
        (*columns("Measure", *CONVENTIONS.values()), Column("Meaning", False)),
        tuple(rows),
        luck_words(luck),
    )


def haircut_table(result: SweepResult) -> Table:
    """The Sharpe ratio that is left by adjustment for the number of sets; empty where there is none."""
    luck, names = result.luck, columns("Adjustment", "p-value", "Sharpe left", "Lost")
    if luck.haircut is None:
        return Table("Haircut", names, (), f"No haircut: {reason_of(luck, 'haircut')}.")
    rows = tuple(
        (
            name.upper() if name == "bhy" else name.capitalize(),
            p_text(row["adjusted_p_value"]),
            number(row["haircut_sharpe"]),
            percent(row["haircut_frac"], 1),
        )
        for name, row in luck.haircut.items()
    )
    note = f"Harvey and Liu (2015): p-values of all {luck.ran:,} sets; Sharpe ratios a year."
    return Table("Haircut", names, rows, note)
