"""The tables of scenarios, replays, reverse stress, simulations and gaps of a risk report."""

from __future__ import annotations

import math

from hedgebook.engine.stress.evaluate import StressResult
from hedgebook.engine.stress.held.paths import REVALUED
from hedgebook.engine.stress.replay import MEAN_PATH, OWN_PATH, Replay
from hedgebook.strategies.risk.report import RiskReport

from ..page.numbers import UNDEFINED, count, day, number, percent, setting
from ..page.table import Table, columns
from .tables import level


def scenarios_table(report: RiskReport) -> Table:
    """P&L of every scenario."""
    rows = tuple(
        (
            r.name, number(r.pnl_usd, 0), percent(r.pnl_frac, 1), percent(r.worst_frac, 1),
            _call(r), f"{r.moved} of {len(r.tickers)}",
        )
        for r in report.scenarios
    )  # fmt: skip
    note = "P&L at the end of the path, worst: on the way. Moved: positions that the scenario touches."
    if report.subject.options is not None:
        note += " Every option is revalued; no time passes on the path."
    return Table("Scenarios", columns("Scenario", "P&L USD", "of NAV", "Worst", "Margin call", "Moved"), rows, note)


def _call(result: StressResult) -> str:
    if result.path["excess_usd"].isna().all():
        return "off"
    return "yes" if result.called else "no"


NAMED = 12  # tickers of a list that are written out


def replays_table(report: RiskReport) -> Table:
    """Past events on these positions, the worst first; those that came later stand apart, after them."""
    done = sorted(
        (r for r in report.replays if r.result), key=lambda r: (r.later, r.result.pnl_frac if r.result else 0.0)
    )
    rows = [
        (r.event.id, day(r.first_fill), percent(r.result.pnl_frac, 1), percent(r.result.worst_frac, 1), _remark(r))
        for r in done
        if r.result is not None
    ]
    rows += [(r.event.id, UNDEFINED, UNDEFINED, UNDEFINED, r.reason) for r in report.replays if r.result is None]
    note = (
        "Compounded abnormal returns of the event's first five sessions on these positions. Later: after the date of "
        "the positions. Bucket: these tickers were not there and take their bucket's mean path."
    )
    names = (*columns("Event", "From", "of NAV", "Worst"), *columns("Note"))
    return Table("Replay of past events", names, tuple(rows), note)


def _remark(found: Replay) -> str:
    assert found.result is not None
    table = found.result.tickers
    stands = [str(t) for t, how in table["how"].items() if str(how).startswith(MEAN_PATH)]
    still = [str(t) for t, how in table["how"].items() if not str(how).startswith((MEAN_PATH, OWN_PATH))]
    parts = ["later"] if found.later else []
    parts += [found.reason] if found.reason else []
    parts += [f"bucket: {_some(stands)}"] if stands else []
    parts += [f"unmoved: {_some(still)}"] if still else []
    return "; ".join(parts)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def stand_ins_table(report: RiskReport) -> Table:
    """Which ticker took whose path in which event."""
    rows = tuple(
        (r.event.id, str(ticker), str(how))
        for r in report.replays
        if r.result is not None
        for ticker, how in r.result.tickers["how"].items()
        if how != "its own path"
    )
    return Table("Stand-ins in the replays", columns("Event", "Ticker", "Path", left=3), rows)


def scenario_tickers_table(result: StressResult) -> Table:
    """One scenario ticker by ticker."""
    rows = tuple(
        (
            str(ticker), str(r["bucket"]), percent(r["move_frac"], 1), number(r["borrow_usd"] + r["buy_in_usd"], 0),
            number(r["pnl_usd"], 0), "; ".join(x for x in (str(r["how"]), str(r["note"])) if x),
        )
        for ticker, r in zip(result.tickers.index, result.tickers.to_dict("records"), strict=True)
    )  # fmt: skip
    names = (*columns("Ticker", "Bucket", "Move", "Fees USD", "P&L USD", left=2), *columns("How"))
    return Table(f"{result.name}: {result.title}", names, rows)


def reverse_table(report: RiskReport) -> Table:
    """The smallest factor moves that hurt."""
    found = [r for r in report.reverse if r.moves is not None]
    heads = {"loss": f"Loss of {setting(report.options.loss_frac)}", "margin call": "Margin call"}
    names = list(found[0].moves.index) if found and found[0].moves is not None else []
    rows = [(str(n), *(percent(r.moves[n], 1) if r.moves is not None else "" for r in found)) for n in names]
    rests = report.subject.responses
    horizon = report.options.horizon_sessions
    sums = [
        ("Loss of NAV", *(percent(r.loss_frac, 1) for r in found)),
        ("Deviations of the factors", *(number(r.distance, 2) for r in found)),
        ("No move nearer than", *(number(r.at_least, 2) for r in found)),
        ("Deviations, all variance", *(number(r.deviations, 1) for r in found)),
        ("Sample had it", *(f"{count(r.sample_hits)} of {count(r.sample_stretches)}" for r in found)),
    ]
    sample = 0 if rests is None else len(rests.factor_returns)
    over = f"over {horizon} session{'s' if horizon > 1 else ''}"
    note = (
        f"The factor move of least Mahalanobis distance {over} that does "
        f"it, from {sample} sessions. Loss: closed form. Margin call: "
        "numerical, the requirement being piecewise linear. No move nearer: proved by search box by box. "
        "All variance: the loss in deviations of these positions, "
        "what is a ticker's own included, which can hurt sooner. Sample: stretches of the history, at these weights, "
        "that lost as much or would have been called."
    )
    if report.subject.options is not None:
        note = (
            f"The nearest factor move {over} that does it, from {sample} sessions, by P&L with every option revalued, "
            "volatilities standing still: rays along the slope and along each factor, then along the boundary, then "
            "box by box, which proves that no move is nearer than the deviations of that row. Margin call: by FINRA "
            "rule 4210 on shares and options together. All variance: the loss in deviations of the shares of the same "
            "delta. Sample: stretches of the history that lost as much or would have been called."
        )
    for r in report.reverse:
        if r.note:
            note += f" {heads[r.question]}: {r.note}."
    heading = columns("Factor", *(heads[r.question] for r in found))
    return Table("Reverse stress", heading, (*rows, *sums) if found else (), note, totals=len(sums) if found else 0)


def simulation_table(report: RiskReport) -> Table:
    """What the simulations say, side by side."""
    confidence = report.options.confidences[0]
    if not report.simulations:
        return Table("Simulation", columns("Figure"), ())
    figures = [(s.figures(confidence), s.errors(confidence)) for s in report.simulations]
    shown = {
        "mean": "Mean P&L", "median": "Median P&L", "loss_chance": "Chance of a loss",
        "var": f"VaR {level(confidence)}", "es": f"ES {level(confidence)}",
        "drawdown_median": "Median drawdown", "drawdown_tail": f"Drawdown {level(confidence)}",
        "call_chance": "Chance of a margin call", "ruin_chance": "Chance that NAV is gone",
        "gap_var": f"Worst night of shorts {level(confidence)}",
    }  # fmt: skip
    rows = tuple((label, *(_simulated(f[name], e[name]) for f, e in figures)) for name, label in shown.items())
    first, unit = report.simulations[0], report.subject.frequency
    held = "shares" if report.subject.options is None else "shares and options"
    note = (
        f"{count(len(first.values))} paths of {unit.count(first.sessions)}, seed {first.seed}, of NAV; {held} held. "
        "±: one standard error of the simulation. "
    )
    note += " ".join(f"{s.method.capitalize()}: {s.description}." for s in report.simulations)
    note += f" {REVALUED}" if report.subject.options is not None else ""
    names = ("Figure", *(s.method.capitalize() for s in report.simulations))
    return Table("Simulation", columns(*names), rows, note)


def _simulated(value: float, error: float) -> str:
    """A figure with the error that its paths leave."""
    return f"{percent(value)} ± {percent(error)}" if math.isfinite(value) else UNDEFINED


def gaps_table(report: RiskReport) -> Table:
    """Losses of the short leg from close to open."""
    rows = tuple(
        (level(c), percent(g["var"]), percent(g["es"]), percent(g["worst"]), count(g["nights"]))
        for c, g in report.gaps.items()
        if g["nights"]
    )
    note = f"Past nights at these weights, of NAV. {UNDEFINED}: fewer nights than the quantile needs."
    if report.subject.options is not None:
        note += " The short leg: tickers with a delta below zero, their shares and options revalued."
    return Table("Gap risk of the short leg", columns("Confidence", "VaR", "ES", "Worst", "Nights"), rows, note)
