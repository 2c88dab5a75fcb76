"""Every fact of the measures that sets are compared by, which sweeps, leagues and reports read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """How a measure is written: a fraction as a percentage, a ratio as a number, a count without decimals."""

    FRACTION = "fraction"
    RATIO = "ratio"
    COUNT = "count"


@dataclass(frozen=True)
class Measure:
    """heading: above a column; phrase: within a sentence; annual: scaled to a year, so that a few sessions make it
    noise of any size; direction: 1 where higher is better, -1 where lower is (a drawdown and the worst session are
    negative numbers: there, higher is); listed: whether a list of sets shows it.
    """

    heading: str
    phrase: str
    form: Form = Form.FRACTION
    annual: bool = False
    direction: int = 1
    listed: bool = False


# In the order in which a reader asks for them.
MEASURE_FACTS = {
    "total_return": Measure("Return", "total return", listed=True),
    "sharpe": Measure("Sharpe", "Sharpe ratio", Form.RATIO, annual=True, listed=True),
    "max_drawdown": Measure("Drawdown", "max drawdown", listed=True),
    "hit_rate": Measure("Hit rate", "hit rate", listed=True),
    "turnover": Measure("Traded/capital", "USD traded over capital", Form.RATIO, direction=-1, listed=True),
    "cost_frac": Measure("Cost", "cost", direction=-1, listed=True),
    "sessions": Measure("Sessions", "sessions", Form.COUNT, listed=True),
    "final_nav": Measure("Final NAV", "final nav", Form.COUNT),
    "cagr": Measure("CAGR", "CAGR", annual=True),
    "volatility_annual": Measure("Volatility", "volatility", annual=True, direction=-1),
    "downside_deviation_annual": Measure("Downside dev.", "downside deviation", annual=True, direction=-1),
    "sortino": Measure("Sortino", "sortino", Form.RATIO, annual=True),
    "calmar": Measure("Calmar", "calmar", Form.RATIO, annual=True),
    "best_session": Measure("Best session", "best session"),
    "worst_session": Measure("Worst session", "worst session"),
    "beta": Measure("Beta", "beta", Form.RATIO),
    "var_historical": Measure("VaR 95%", "VaR 95%", direction=-1),
    "es_historical": Measure("ES 95%", "ES 95%", direction=-1),
}


def direction_of(metric: str) -> int:
    """1 where a higher value of the metric is better, as of any metric that is not listed here, -1 where a lower is."""
    return MEASURE_FACTS[metric].direction if metric in MEASURE_FACTS else 1
