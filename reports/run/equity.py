"""The equity figure: NAV with entry and exit above, the drawdown beneath."""

from __future__ import annotations

from typing import Any

from hedgebook.engine.risk.drawdowns import underwater
from hedgebook.strategies.run.benchmark import BENCHMARK, benchmark_levels
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.universes.calendar import Mark

from ..page.axes import axis, session_ticks, title
from ..page.figure import BLUE, GREY, LOSS, SLATE, Figure, layout
from ..page.numbers import number, percent, pnl_decimals

# Sessions stand at equal distances, closes at whole numbers, and an open halfway after the close before it.
OPEN_STEP = 0.5
# A line of so many points is drawn thinner.
MANY = 500
LINE = {"type": "scatter", "mode": "lines", "hovertemplate": "%{text}<extra></extra>"}


def equity_figure(run: StrategyRun) -> Figure:
    """NAV from the initial capital on, of an event trade with entry and exit, and the drawdown beneath."""
    sessions = run.levels.index
    below = underwater(run.backtest.levels)
    drawdown = {
        **LINE,
        "x": list(range(len(below))),
        "y": below.tolist(),
        "text": [f"{day:%Y-%m-%d} close<br>{percent(x)}" for day, x in zip(sessions, below, strict=True)],
        "yaxis": "y2",
        "fill": "tozeroy",
        "fillcolor": "rgba(213,94,0,0.18)",
        "line": {"color": LOSS, "width": 1.5},
    }
    nav, marked = _nav(run), run.trade_plan is not None
    compared = _benchmark(run)
    entry, exit_at = _entry(run), len(below) - 1
    low = min(float(below.min()), -0.01)
    return Figure(
        "equity",
        f"NAV at the closes, from the initial capital (dashed){'; entry and exit marked' if marked else ''}. Beneath "
        f"it the drawdown: each close against the highest one so far.{_what_is_grey(bool(compared))}",
        (*compared, nav, drawdown, *(_ends(nav, entry) if marked else ())),
        layout(
            450,
            top=46 if marked else 10,
            right=16,
            xaxis=axis(anchor="y2", showgrid=False, range=[-0.02 * exit_at, 1.02 * exit_at], **session_ticks(sessions)),
            yaxis=axis(domain=[0.34, 1.0], tickformat=",~f", nticks=6, title=title("NAV, USD")),
            yaxis2=axis(
                domain=[0.0, 0.26], tickformat=",~%", range=[1.1 * low, 0.0], nticks=4, title=title("Drawdown")
            ),
            shapes=[_capital_line(run), *((_upright(entry), _upright(exit_at)) if marked else ())],
            annotations=[
                _note(f"entry<br>{sessions[1]:%Y-%m-%d} {run.plan.entry_mark.label}", entry, exit_at),
                _note(f"exit<br>{sessions[-1]:%Y-%m-%d} close", exit_at, exit_at),
            ]
            if marked
            else [],
        ),
    )


def _what_is_grey(compared: bool) -> str:
    return f" Grey: the same capital in {BENCHMARK}, bought where the run began, without costs." if compared else ""


def _benchmark(run: StrategyRun) -> tuple[dict[str, Any], ...]:
    """The benchmark's line from the first mark on; none where it has no price there."""
    levels = benchmark_levels(run)
    if levels is None:
        return ()
    cents, start = pnl_decimals(run.backtest.capital), _entry(run)
    points = [(start, run.backtest.capital, f"{levels.index[0]:%Y-%m-%d} {run.plan.entry_mark.label}")]
    closes = enumerate(levels.items(), start=1)
    points += [(float(k), float(x), f"{day:%Y-%m-%d} close") for k, (day, x) in closes if k > start]
    line = {
        **LINE,
        "name": BENCHMARK,
        "x": [x for x, _, _ in points],
        "y": [y if y == y else None for _, y, _ in points],
        "text": [f"{when}<br>{BENCHMARK} {number(y, cents)} USD" for _, y, when in points],
        "line": {"color": GREY, "width": 1.5},
    }
    return (line,)


def _entry(run: StrategyRun) -> float:
    return OPEN_STEP if run.plan.entry_mark is Mark.OPEN else 1.0


def _nav(run: StrategyRun) -> dict[str, Any]:
    """NAV at every close, and at the entry where that is an open."""
    points = [(float(k), float(x), f"{day:%Y-%m-%d} close") for k, (day, x) in enumerate(run.levels.items())]
    if run.plan.entry_mark is Mark.OPEN:
        at_open = float(run.nav["nav_open"].iloc[0])
        points.insert(1, (OPEN_STEP, at_open, f"{run.backtest.sessions[0]:%Y-%m-%d} open"))
    cents = pnl_decimals(run.backtest.capital)
    return {
        **LINE,
        "x": [x for x, _, _ in points],
        "y": [y for _, y, _ in points],
        "text": [f"{when}<br>{number(y, cents)} USD" for _, y, when in points],
        "line": {"color": BLUE, "width": 2 if len(points) < MANY else 1.3},
    }


def _ends(nav: dict[str, Any], entry: float) -> tuple[dict[str, Any], ...]:
    """Markers at the entry and at the exit."""
    first = nav["x"].index(entry)
    return tuple(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [nav["x"][k]],
            "y": [nav["y"][k]],
            "hoverinfo": "skip",
            "cliponaxis": False,
            "marker": {"size": 10, "color": colour, "symbol": symbol},
        }
        for k, colour, symbol in ((first, BLUE, "triangle-up"), (len(nav["x"]) - 1, SLATE, "square"))
    )


def _upright(x: float) -> dict[str, Any]:
    return {
        "type": "line",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"color": GREY, "width": 1, "dash": "dot"},
        "layer": "below",
    }


def _note(text: str, x: float, last: int) -> dict[str, Any]:
    """A label above the panel, on the side of its line where there is room."""
    return {
        "text": text,
        "x": x,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "left" if x < last / 2 else "right",
        "align": "left" if x < last / 2 else "right",
        "showarrow": False,
        "font": {"size": 12},
    }


def _capital_line(run: StrategyRun) -> dict[str, Any]:
    level = run.backtest.capital
    line = {"color": GREY, "width": 1, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "line": line}
