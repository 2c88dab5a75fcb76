"""The measures of a run as formulas over its sheets, defined as the engine defines them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgebook.engine.backtest import Booked
from hedgebook.engine.backtest import columns as cause_columns
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.universes.calendar import SESSIONS_PER_YEAR

from .book import Kind
from .ledger import INTEREST, Ledger
from .nav import Nav
from .orders import Fills
from .text import text_literal

UNTRADED = "nothing was traded: what idle cash earns is no track record"
RUINED = "ruined: NAV was zero or below, and nothing after that is a return"
TOO_LITTLE = "not defined for so few sessions, without a move, or without a loss"


@dataclass(frozen=True)
class Measure:
    """formula: what it is worth; where: when it is defined, "" for always; engine: its value, NaN where undefined."""

    name: str
    kind: Kind
    formula: str
    engine: float
    words: str
    where: str = ""
    of_track: bool = True


class Measures:
    """All measures of a run, in the order in which they stand on the summary; row: of the first, as Excel counts."""

    def __init__(self, run: StrategyRun, ledger: Ledger, nav: Nav, fills: Fills, row: int) -> None:
        self.run, self.ledger, self.nav, self.fills, self.row = run, ledger, nav, fills, row
        self.all = (*self._money(), *self._performance(), *self._held())

    def at(self, name: str) -> str:
        """The cell of a measure, as the summary's formulas write it."""
        return f"$B${self.row + NAMES.index(name)}"

    def formula(self, measure: Measure) -> str:
        """The formula of a measure's cell, "" where it is undefined."""
        tests = []
        if measure.of_track:
            tests = [f"COUNT({self.fills.grid.span('Session')})>0", f"{self.at('Largest drawdown')}>-1"]
        tests += [measure.where] if measure.where else []
        if not tests:
            return measure.formula
        where = tests[0] if len(tests) == 1 else f"AND({','.join(tests)})"
        return f'IF({where},IFERROR({measure.formula},""),"")'

    def reason(self, k: int) -> str:
        """Why a measure is empty, as a formula."""
        untraded = f"COUNT({self.fills.grid.span('Session')})=0"
        ruined = f"{self.at('Largest drawdown')}<=-1"
        why = f"IF({untraded},{text_literal(UNTRADED)},IF({ruined},{text_literal(RUINED)},{text_literal(TOO_LITTLE)}))"
        return f'IF($B${self.row + k}="",{why},"")'

    def known_reason(self, measure: Measure) -> str:
        """The same as the engine has it."""
        if measure.engine == measure.engine:
            return ""
        if not self.run.traded:
            return UNTRADED
        return RUINED if self.run.metrics.max_drawdown <= -1.0 else TOO_LITTLE

    def _span(self, name: str) -> str:
        return self.nav.grid.span(name, 1)

    def _money(self) -> tuple[Measure, ...]:
        run, last = self.run, len(self.nav.days) - 1
        rows = self.ledger.rows
        costs = cause_columns(Booked.COST)
        paid = "-(" + "+".join(self.ledger.total(("Cause", text_literal(c))) for c in (*costs, INTEREST)) + ")"
        spent = -float(rows.loc[rows["Cause"].isin([*costs, INTEREST]), "Amount"].sum()) + 0.0
        return (
            Measure("Final NAV", Kind.USD, self.nav.grid.cell("NAV", last), run.final_nav,
                    "USD, at the close of the last session", of_track=False),
            Measure("P&L", Kind.USD, self.ledger.total(), run.final_nav - run.capital,
                    "USD, the sum of everything on the sheet P&L", of_track=False),
            Measure("Total return", Kind.FRACTION, f"{self.at('Final NAV')}/capital-1",
                    run.final_nav / run.capital - 1.0, "Final NAV over capital, less 1", of_track=False),
            Measure("Costs and interest", Kind.USD, paid, spent,
                    "USD paid, net of interest earned", of_track=False),
        )  # fmt: skip

    def _performance(self) -> tuple[Measure, ...]:
        m, returns, loss = self.run.metrics, self._span("Return"), self._span("Loss")
        last = len(self.nav.days) - 1
        moves = f"MAX({returns})-MIN({returns})>still"
        many = f"{self.at('Sessions')}>1"
        up, down = f'COUNTIF({returns},">1E-12")', f'COUNTIF({returns},"<-1E-12")'
        sharpe = f"AVERAGE({returns})/STDEV({returns})*SQRT(sessions_per_year)"
        downside = f"SQRT(SUMSQ({loss})/{self.at('Sessions')})*SQRT(sessions_per_year)"
        year = f"sessions_per_year/{self.at('Sessions')}"
        error = f"SQRT((1+({self.at('Sharpe')}/SQRT(sessions_per_year))^2/2)*{year})"
        grown = f"({self.nav.grid.cell('Level', last)}/capital)^({year})-1"
        return (
            Measure("Sessions", Kind.COUNT, f"COUNT({self._span('Session')})", m.sessions, "simulated", of_track=False),
            Measure("Largest drawdown", Kind.FRACTION, f"MIN({self.nav.grid.span('Drawdown')})", m.max_drawdown,
                    "from the highest NAV so far, the capital included", of_track=False),
            Measure("Growth a year", Kind.FRACTION, grown, m.cagr, "CAGR: total return per 252 sessions"),
            Measure("Volatility a year", Kind.FRACTION,
                    f"IF({moves},STDEV({returns})*SQRT(sessions_per_year),0)", m.volatility_annual,
                    "standard deviation (ddof 1) of returns, times the root of 252", many),
            Measure("Sharpe", Kind.RATIO, f"IF({moves},{sharpe},\"\")", m.sharpe,
                    "mean over standard deviation (ddof 1), times the root of 252; risk-free rate zero", many),
            Measure("Sharpe, standard error", Kind.RATIO, error, m.sharpe_stderr,
                    "for independent returns (Lo 2002)", f'{self.at("Sharpe")}<>""'),
            Measure("Sortino", Kind.RATIO,
                    f'IF({downside}>still,AVERAGE({returns})*sessions_per_year/({downside}),"")', m.sortino,
                    "mean over the root mean square of losses (all sessions), times the root of 252", many),
            Measure("Calmar", Kind.RATIO, f"{self.at('Growth a year')}/-{self.at('Largest drawdown')}", m.calmar,
                    "growth a year over the size of the largest drawdown", f"{self.at('Largest drawdown')}<-still"),
            Measure("Best session", Kind.FRACTION, f"MAX({returns})", m.best_session, "return"),
            Measure("Worst session", Kind.FRACTION, f"MIN({returns})", m.worst_session, "return"),
            Measure("Sessions up", Kind.FRACTION, f'IF({up}+{down}>0,{up}/({up}+{down}),"")', m.hit_rate,
                    "hit rate: share of returns above zero among those that are not zero"),
        )  # fmt: skip

    def _held(self) -> tuple[Measure, ...]:
        held = self.run.holdings

        def mean(name: str) -> float:
            return float(held[name].mean()) if held[name].notna().any() else float(np.nan)

        return (
            Measure("Gross, mean", Kind.FRACTION, f'IFERROR(AVERAGE({self._span("Gross")}),"")', mean("gross"),
                    "of NAV, at closes", of_track=False),
            Measure("Net, mean", Kind.FRACTION, f'IFERROR(AVERAGE({self._span("Net")}),"")', mean("net"),
                    "of NAV, at closes", of_track=False),
            Measure("Turnover a year", Kind.FRACTION,
                    f'IFERROR(AVERAGE({self._span("Turnover")})*sessions_per_year,"")',
                    mean("turnover") * SESSIONS_PER_YEAR,
                    "bought and sold over the NAV before, mean of sessions times 252", of_track=False),
        )  # fmt: skip


NAMES = (
    *("Final NAV", "P&L", "Total return", "Costs and interest", "Sessions", "Largest drawdown", "Growth a year"),
    *("Volatility a year", "Sharpe", "Sharpe, standard error", "Sortino", "Calmar", "Best session", "Worst session"),
    *("Sessions up", "Gross, mean", "Net, mean", "Turnover a year"),
)
