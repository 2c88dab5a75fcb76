"""Why a value of a JSON object is null: said beside it, under `undefined`, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

SAID = "undefined"
# A null under these says that nothing is to be said.
SILENT = frozenset(("note", "notes", "reason", "problem", SAID))
# Mappings whose keys are names of a user's: reasons stand beside the mapping, as in "parameters.stop_loss".
SETTINGS = frozenset(("parameters", "strategy", "space", "validation", "settings", "idea"))
BY_NAME = frozenset([
    "exposures", "exposures_during", "betas", "weights", "holdings", "estimates", "costs", "pnl", "pnl_by_leg",
    "pnl_by_strategy", "pnl_by_bucket", "pnl_by_ticker", "pnl_by_cause", "pnl_by_factor", "moves", "asked", "target",
    "left_out", "short_per_long",
])  # fmt: skip
NOT_SET = "it is not set"
NOT_DEFINED = "it is not defined for these data"


class _At(NamedTuple):
    """Where a null stands: its name, its object and that one's name, the reasons given around it, and the whole."""

    name: str
    inside: Mapping[str, Any]
    called: str
    reasons: Mapping[str, Any]
    root: Mapping[str, Any]


def _of_returns(at: _At) -> str:
    """Why a figure of a run's returns is undefined."""
    for told in (at.inside, at.root):
        if told.get("traded") is False:
            return "no order was filled, so there is nothing to measure"
        if told.get("ruined_on"):
            return f"NAV was zero or below on {told['ruined_on']}, and nothing after that is a return"
    return {
        "sortino": "no return is below zero, or there are too few",
        "calmar": "there is no drawdown, or there are too few returns",
        "sharpe": "the returns never change, or there are too few",
        "sharpe_stderr": "the returns never change, or there are too few",
    }.get(at.name, "there are too few returns")


def _of_hedge(at: _At) -> str:
    return f"the method {at.inside.get('method', 'of this hedge')} needs none"


def _noted(key: str, otherwise: str) -> Callable[[_At], str]:
    return lambda at: str(at.inside.get(key) or otherwise)


def _of_test(at: _At) -> str:
    if at.inside.get("p_value") is None:
        return "too few tickers or sessions for this test"
    return {"draws": "nothing is drawn: its distribution is known", "df": "its distribution has none"}[at.name]


def _of_claim(at: _At) -> str:
    return str(at.inside.get("note") or NOT_DEFINED)


_NO_EVENT = "it is no event trade"
_NO_VOLUME = "no volume is known before the order"
REASONS: dict[str, str | Callable[[_At], str]] = {
    # A run and its figures.
    **dict.fromkeys(
        [
            "cagr",
            "volatility_annual",
            "sharpe",
            "sharpe_stderr",
            "sortino",
            "calmar",
            "best_session",
            "worst_session",
            "hit_rate",
            "max_drawdown",
            "total_return",
            "beta",
            "var_95",
            "es_95",
        ],
        _of_returns,
    ),
    "ruined_on": "it was not ruined",
    "annualised_from_sessions": "they are enough for annual figures",
    "event": _NO_EVENT,
    "announced_at": lambda at: "only the day is known" if at.inside.get("announced_on") else _NO_EVENT,
    "announced_at_is_bound": _NO_EVENT,
    "known_at": _NO_EVENT,
    "first_fill": _NO_EVENT,
    "hedge": "nothing is hedged",
    "hedge.ratio": _of_hedge,
    "hedge.benchmark": _of_hedge,
    "hedge.known_at": _of_hedge,
    "hedge.sessions": _of_hedge,
    "pnl_by_leg": "it has no legs",
    "exposure_windows.before": "too few sessions before it",
    "exposure_windows.during": "too few sessions for the exposure during the trade",
    "specific.exposure": "what is specific to tickers is no factor",
    "margin.first_call": "there was no margin call",
    "stale.final_nav_reopened": "no position that ended without a price came back later",
    "participation.largest": "no order with a known volume was filled",
    "adv_frac": _NO_VOLUME,
    "session_frac": "no volume of the session is known",
    "delisted": "no day is stated",
    "recovery_frac": "nobody has stated one",
    "reopened_on": "it has no later price",
    "reopened_usd": "it has no later price",
    "sha256": "the prices are no file",
    # Many sets.
    "out_of_sample": "none was asked for",
    "trade": "it is no event trade",
    "best": "no set has a value to be ranked by",
    # Capacity.
    "capacity_usd": _noted("note", _NO_VOLUME),
    "largest_order": _noted("note", _NO_VOLUME),
    "costs_capacity_usd": _noted("costs_note", NOT_DEFINED),
    "limits_capacity_usd": _noted(
        "limits_note", "limits take less than the share at any capital, or nothing is earned"
    ),
    "limits_share": "nothing is earned before limits and costs",
    "share_eaten": "nothing is earned before costs in this account, or nothing is traded",
    "largest_order_adv": _NO_VOLUME,
    # Studies, claims, events, prices.
    "tests.statistic": _of_test,
    "tests.p_value": _of_test,
    "tests.df": _of_test,
    "tests.draws": _of_test,
    **dict.fromkeys(("hit_rate.rate", "hit_rate.low", "hit_rate.high"), "no event was traded"),
    "residual_correlation": "a single ticker has none",
    "stress_frac": "too few tickers for it",
    "level_usd": "the source states a move, not a level",
    "value_percent": "the source states a level, not a move",
    "low_percent": "the day's low is not known",
    "high_percent": "the day's high is not known",
    "close_percent": _of_claim,
    "gap_percent": lambda at: str(at.inside.get("note") or "no open is known, or the claim is of more than a day"),
    "known_by": "the moment itself is known",
    "volume_times": "no volume is known beside the move",
    # Risk.
    "benchmark": "none was given",
    "benchmark_dates": "no benchmark was given",
    "positions": "only returns were given",
    "own_figures": "it has no returns of its own",
    "recovery": "it is not over",
    "sessions_to_recovery": "it is not over",
    **dict.fromkeys(
        ("marginal_var", "marginal_es", "incremental_var", "incremental_es"),
        "the whole book is no position that could be changed or left out",
    ),
    "gap_var": "nothing is held short, or no night is known",
    "call_chance": "no margin is known of returns alone",
    "call_session_median": "no path has a margin call",
    "reverse_stress.*": _noted("note", NOT_DEFINED),
    "replays.result": _noted("reason", NOT_DEFINED),
    # A series over events, and books.
    "from": "every event from the first on",
    "to": "every event up to the last",
    "max_gross": "no cap was asked for",
    **dict.fromkeys(
        ("hedge_effectiveness", "volatility_book", "volatility_hedged", "beta_book", "beta_hedged"),
        "there are too few returns, they do not move, or NAV was zero or below",
    ),
    "in_sample_effectiveness": "nothing was estimated, or the book did not move",
    "lookback_sessions": "nothing was estimated",
    "cash": "no cash was stated",
    "windows.event": "the window is between two days",
}


def reasoned(value: dict[str, Any]) -> dict[str, Any]:
    """A JSON-ready object with the reason of each null beside it: `undefined` names it and says why.

    Settings that are null are those that are not set. What has a reason already keeps it; the object given stays as
    it is.
    """
    found: dict[str, Any] = _told(value, "", {}, value)
    return found


def _told(value: Any, called: str, reasons: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_told(one, called, reasons, root) for one in value]
    if not isinstance(value, Mapping):
        return value
    own = value.get("reasons")
    reasons = {**reasons, **own} if isinstance(own, Mapping) else reasons
    out, why = {}, {}
    for name, part in value.items():
        out[name] = part
        if part is None and name not in SILENT:
            why[name] = _reason(_At(name, value, called, reasons, root))
        elif name in SETTINGS or name in BY_NAME:
            otherwise = NOT_SET if name in SETTINGS else NOT_DEFINED
            why |= {f"{name}.{path}": otherwise for path in _nulls(part)}
        elif name != SAID:
            out[name] = _told(part, name, reasons, root)
    if why:
        given = value.get(SAID)
        out[SAID] = {**why, **(given if isinstance(given, Mapping) else {})}
    return out


def _nulls(value: Any) -> Iterator[str]:
    """The paths of nulls in a mapping, with dots between names."""
    for name, part in value.items() if isinstance(value, Mapping) else ():
        if part is None:
            yield str(name)
        else:
            yield from (f"{name}.{path}" for path in _nulls(part))


def _reason(at: _At) -> str:
    """Why a value is null: what is said beside it by name, what is known of all of its kind, or its object's note."""
    for name in (at.name, f"{at.called} {at.name}", at.called):
        if at.reasons.get(name):
            return str(at.reasons[name])
    for name in (f"{at.called}.{at.name}", at.name, f"{at.called}.*"):
        known = REASONS.get(name)
        if known is not None:
            return known if isinstance(known, str) else known(at)
    return str(at.inside.get("reason") or at.inside.get("note") or at.inside.get("problem") or NOT_DEFINED)
