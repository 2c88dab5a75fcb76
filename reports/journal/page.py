"""The page of a journal: its words, its sections and its folder."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.journal.view import JournalView
from hedgebook.strategies.journal.watch import unseen

from ..page.json import plain, versions
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import UNDEFINED, number
from ..page.section import SIMULATED_BADGE, Header, Section
from ..page.table import Table, columns
from ..page.undefined import reasoned
from .figures import fan_figure
from .tables import (
    fills_table,
    limits_table,
    positions_table,
    revisions_table,
    sessions_table,
    stops_table,
    watch_table,
)
from .words import place_text, signed, state_word, verdict


def journal_header(view: JournalView) -> Header:
    """Title, verdict, badges and the figures that answer most."""
    state = view.state
    trade, alerts = state.trade, view.alerts
    event = "" if trade.event is None else f"Entered on {trade.event['headline']} ({trade.event['announced_on']})"
    return Header(
        title=f"Journal of {view.name}",
        name=view.name,
        event=event or trade.title,
        verdict=verdict(state),
        badges=(SIMULATED_BADGE,) if trade.provenance.simulated else (),
        warnings=len(notes_of(view)),
        figures=_first(view),
        picture=fan_figure(state),
        good=("No alert",) if state.rows and not alerts else (),
        doubts=tuple(one["kind"].capitalize() for one in state.rows[-1]["alerts"]) if state.rows else (),
    )


def _first(view: JournalView) -> Table | None:
    state = view.state
    if not state.rows:
        return None
    row = state.rows[-1]
    rows = (
        ("Total", signed(row["total_usd"] / state.trade.capital_usd)),
        ("Last session", f"{number(row['pnl_usd'], 0)} USD"),
        ("Place in the forecast", place_text(row.get("percentile"))),
        ("State", state_word(state)),
    )
    return Table("", columns("Figure", "Value"), rows)


def journal_tables(view: JournalView) -> tuple[Table, ...]:
    """The tables that a reader asks for first."""
    state = view.state
    found = (positions_table(state), stops_table(state), limits_table(state), fills_table(view), watch_table(view))
    return (sessions_table(state), *(one for one in found if one is not None))


def journal_sections(view: JournalView) -> tuple[Section, ...]:
    """Every section, in reading order."""
    state, figure = view.state, fan_figure(view.state)
    positions, fills = positions_table(state), fills_table(view)
    rules = tuple(table for table in (stops_table(state), limits_table(state)) if table is not None)
    cells, moved = tuple(table for table in (revisions_table(state),) if table is not None), _rescaled(view)
    return (
        Section("alerts", "Alerts", text=() if view.alerts else ("None after the last session.",), items=view.alerts),
        Section("fan", "Where it stands in its forecast", figures=() if figure is None else (figure,)),
        *((Section("positions", "Positions", tables=(positions,)),) if positions else ()),
        *((Section("rules", "Rules and limits", tables=rules),) if rules else ()),
        _thesis(view),
        *((Section("fills", "What the fills cost", tables=(fills,)),) if fills else ()),
        Section("sessions", "Session by session", tables=(sessions_table(state),) if state.rows else ()),
        *((Section("revisions", "Prices that were revised", text=moved, tables=cells),) if moved or cells else ()),
        Section("fixed", "What was fixed when it was opened", facts=_fixed(view), end=True),
        Section("warnings", "Warnings", text=() if notes_of(view) else ("None.",), items=notes_of(view), end=True),
        made_section(),
    )  # fmt: skip


def _thesis(view: JournalView) -> Section:
    """What the trade's thesis says, and what came of the four indicators since."""
    idea, table = view.state.trade.idea, watch_table(view)
    names = (("Thesis", "thesis"), ("Expected sign", "expected_sign"), ("Refuted by", "refuted_by"), ("Seed", "seed"))
    facts = tuple((label, str(idea[name])) for label, name in names if idea.get(name))
    quiet = tuple(f"{one.title}: no news since the entry. It tells {one.tells}." for one in unseen(view.watched))
    return Section(
        "thesis", "What its thesis says of the indicators", text=() if facts else ("It has no thesis in words.",),
        facts=facts, tables=() if table is None else (table,), items=quiet,
    )  # fmt: skip


def notes_of(view: JournalView) -> tuple[str, ...]:
    """What a reader must know before trusting the figures."""
    state = view.state
    row = state.rows[-1] if state.rows else None
    told = [*state.trade.notes, *(row["notes"] if row else [])]
    if state.revisions:
        last = state.revisions[-1]
        told += [f"{ticker} has no prices in the source any more" for ticker in last["absent"]]
        told += [
            f"session {day} came into the source after later ones were marked; it has no row" for day in last["late"]
        ]
    return tuple(dict.fromkeys(told))


def _rescaled(view: JournalView) -> tuple[str, ...]:
    told = view.state.revisions[-1]["rescaled"] if view.state.revisions else []
    return tuple(
        f"{one['ticker']}: the source's prices from {one['first']} to {one['last']} are now {one['factor']:.8g} of the "
        "kept ones, as after a dividend or a split. Rows keep their scale, and later prices are brought to it."
        for one in told
    )


def _fixed(view: JournalView) -> tuple[tuple[str, str], ...]:
    state, trade = view.state, view.state.trade
    facts = [
        ("Kind", "own fills" if trade.kind == "real" else "on paper: orders filled by the model"),
        ("Opened", state.opened_at[:10] or UNDEFINED),
        ("Capital", f"{number(trade.capital_usd, 0)} USD"),
        ("Planned exit", trade.until or UNDEFINED),
        ("Costs, account", f"{trade.terms.costs.name}, {trade.terms.account.name}"),
        ("Prices", trade.provenance.source),
    ]
    if trade.fan is not None:
        facts.append(("Daily scale of the forecast", f"{number(trade.fan.daily_scale_usd, 0)} USD"))
    if state.closed is not None:
        note = f": {state.closed['note']}" if state.closed["note"] else ""
        facts.append(("Closed", f"{state.closed['closed_at'][:10]}{note}"))
    return tuple(facts)


def summarise_journal(view: JournalView) -> dict[str, Any]:
    """Everything as one JSON-ready value; fractions and USD unrounded, None where a figure is undefined."""
    state, trade = view.state, view.state.trade
    row = state.rows[-1] if state.rows else {}
    fan = None if trade.fan is None else trade.fan.to_dict()
    values = {
        "journal": view.name,
        "title": trade.title,
        "kind": trade.kind,
        "state": state_word(state),
        "says": verdict(state),
        "last_session": row.get("session"),
        "nav_usd": row.get("nav_usd", trade.capital_usd),
        "total_usd": row.get("total_usd", 0.0),
        "percentile": row.get("percentile"),
        "alerts": list(view.alerts),
        "capital_usd": trade.capital_usd,
        "planned_exit": trade.until,
        "forecast": fan,
        "idea": dict(trade.idea),
        "watched": [
            {"event": one.event.id, "indicators": [each.tag for each in one.indicators], "stands": one.stands,
             "first_session": one.first_session, "pnl_since_usd": one.pnl_usd, "sources": list(one.event.sources)}
            for one in view.watched
        ],
        "fills": [
            {"session": str(one.fill.session), "ticker": one.fill.ticker, "shares": one.fill.shares,
             "price_usd": one.fill.price_usd, "commission_usd": one.fill.commission_usd,
             "reference_usd": one.reference_usd, "paid_usd": one.paid_usd, "spread_usd": one.spread_usd,
             "slippage_usd": one.slippage_usd, "impact_usd": one.impact_usd, "beyond_usd": one.beyond_usd,
             "model_commission_usd": one.commission_usd}
            for one in view.fills
        ],
        "revisions": [cell for told in state.revisions for cell in told["revisions"]],
        "rescaled": state.revisions[-1]["rescaled"] if state.revisions else [],
        "rows": [_row(one) for one in state.rows],
        "notes": list(notes_of(view)),
        "closed": state.closed,
        "simulated": trade.provenance.simulated,
        "source": trade.provenance.source,
        "versions": versions(),
    }  # fmt: skip
    return reasoned(plain(values))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its prices, with the reason of what is null in it."""
    out = {name: value for name, value in row.items() if name != "prices"}
    reasons = {
        "percentile": "there is no forecast, or its life has ended",
        "alarm": "there is no forecast, or the trade or its planned life has ended",
    }
    if out.get("alarm") is not None:
        why = {
            "score": "the planned life has ended or the alarm was raised",
            "bound": "no alarm can be raised in this session",
            "raised_on_session": "it has not been raised",
        }
        alarm = out["alarm"]
        out["alarm"] = {**alarm, "undefined": {name: why[name] for name in why if alarm[name] is None}}
    told = {name: reasons[name] for name in reasons if name in out and out[name] is None}
    return {**out, "undefined": told} if told else out


JOURNAL_REPORT: ReportKind[JournalView] = ReportKind(
    "journal.json", summarise_journal, journal_header, journal_sections
)
