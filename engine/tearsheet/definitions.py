"""The one table of the measures of a return series: what each is called, what it is, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from ..risk.measures import Form

FRACTION, RATIO, COUNT = Form.FRACTION, Form.RATIO, Form.COUNT
HIGHER, LOWER, NEITHER = 1, -1, 0
LOST = "everything was lost, and nothing is left to have a return"


@dataclass(frozen=True)
class Definition:
    """What a measure is.

    name: as a reader sees it, {unit} standing for what one return is of; group: the table that it stands in; text: its
    definition; source: of the formula; form: how it is written; better: 1 where a higher value is better, -1 where a
    lower is, 0 where neither is; annual: scaled to a year, so undefined where dates have no regular step; benchmark:
    of the dates that a benchmark has as well; calendar: "M", "Q" or "Y" where returns are compounded by calendar
    months, quarters or years first; least: returns that it needs; undefined: when it has no value beside that;
    differs: how other packages have it.
    """

    name: str
    group: str
    text: str
    source: str
    form: Form = RATIO
    better: int = HIGHER
    annual: bool = False
    benchmark: bool = False
    calendar: str = ""
    least: int = 1
    undefined: str = ""
    differs: str = ""

    def named(self, unit: str) -> str:
        """The name with the unit of a return, as in Best session."""
        return self.name.format(unit=unit)


RETURN, RATIOS, DRAWDOWN, TAILS = "Return", "Return for risk", "Drawdowns", "Distribution"
WINS, BENCHMARK = "Gains and losses", "Against the benchmark"
GROUPS = (RETURN, RATIOS, DRAWDOWN, TAILS, WINS, BENCHMARK)
NO_LOSS, NO_GAIN = "no return is below zero", "no return is above zero"
NEVER_BELOW, STILL_RETURNS = "it was never below its high", "the returns do not move"
NO_MOVE = "no return differs from zero"
EMPYRICAL = "empyrical 0.7.1"
QUANTSTATS = "quantstats 0.0.86"

MEASURES: dict[str, Definition] = {
    "total_return": Definition(
        "Total return", RETURN, "All returns compounded, less 1.", "product of (1 + r), less 1", FRACTION,
    ),
    "cagr": Definition(
        "CAGR", RETURN,
        "The yearly rate that compounds to the total return over the returns that there are, by how many make a year.",
        "(1 + total return)^(returns a year / n) - 1", FRACTION, annual=True,
        differs="ffn takes calendar days over 365.25 for the years; quantstats and empyrical as here, with 252.",
    ),
    "expected_session": Definition(
        "Expected a {unit}", RETURN, "The constant return that compounds to the total return.",
        "(1 + total return)^(1 / n) - 1 (geometric mean)", FRACTION,
    ),
    "expected_month": Definition(
        "Expected a month", RETURN, "The CAGR, of a month.", "(1 + CAGR)^(1/12) - 1", FRACTION, annual=True,
        differs="quantstats takes the root by the number of calendar months, partial ones counted as whole.",
    ),
    "expected_year": Definition(
        "Expected a year", RETURN, "The CAGR under the name that quantstats gives it.", "CAGR", FRACTION, annual=True,
        differs="quantstats takes the root by the number of calendar years, partial ones counted as whole.",
    ),
    "mean_annual": Definition(
        "Mean a year", RETURN, "The arithmetic mean of the returns, times the returns in a year.",
        "mean(r) x returns a year", FRACTION, annual=True,
    ),
    "exposure": Definition(
        "Time in market", RETURN,
        "Share of returns that are not zero; of a run, of sessions with a position or a fill.",
        "count(r != 0) / n", FRACTION, NEITHER,
        differs="quantstats rounds it up to a whole percentage.",
    ),
    "risk_adjusted_return": Definition(
        "CAGR for time in market", RETURN, "CAGR over the share of time in the market.", "CAGR / time in market",
        FRACTION, annual=True, undefined=NO_MOVE, differs="quantstats rounds the time in market up first.",
    ),
    "volatility_annual": Definition(
        "Volatility", RATIOS, "Deviation of the returns (n - 1 below), times the root of the returns in a year.",
        "sd(r) x sqrt(returns a year)", FRACTION, LOWER, annual=True, least=2,
    ),
    "sharpe": Definition(
        "Sharpe", RATIOS, "Mean over deviation (n - 1 below) of the returns less the riskless rate, which is zero "
        "where none is named, times the root of the returns in a year.",
        "Sharpe 1994, Journal of Portfolio Management 21(1); error: Lo 2002, Financial Analysts Journal 58(4)",
        annual=True, least=2, undefined=STILL_RETURNS,
    ),
    "smart_sharpe": Definition(
        "Smart Sharpe", RATIOS, "Sharpe ratio over a penalty for correlation from one return to the next.",
        "Sharpe / sqrt(1 + 2 sum over k of (n - k)/n |rho|^k), rho of first order: " + QUANTSTATS, annual=True,
        least=3, undefined=STILL_RETURNS,
    ),
    "probabilistic_sharpe": Definition(
        "Probabilistic Sharpe", RATIOS, "How probable it is that the true Sharpe ratio is above zero, with the "
        "skewness and kurtosis that the returns less the riskless rate have.",
        "Bailey and Lopez de Prado 2012, Journal of Risk 15(2)",
        FRACTION, least=4, undefined=STILL_RETURNS,
        differs="The moments here are those of the sample, divided by n; quantstats has the corrected ones of pandas.",
    ),
    "sortino": Definition(
        "Sortino", RATIOS, "Mean over the root mean square of those below zero, all n counted, of the returns less the "
        "riskless rate, times the root of the returns in a year.",
        "Sortino and Price 1994, Journal of Investing 3(3)", annual=True, least=2, undefined=NO_LOSS,
        differs="PerformanceAnalytics does not annualise it.",
    ),
    "smart_sortino": Definition(
        "Smart Sortino", RATIOS, "Sortino ratio over the same penalty as Smart Sharpe.",
        "Sortino / sqrt(1 + 2 sum over k of (n - k)/n |rho|^k): " + QUANTSTATS, annual=True, least=3,
        undefined=NO_LOSS,
    ),
    "adjusted_sortino": Definition(
        "Sortino / \u221a2", RATIOS, "Sortino ratio over the root of two, to be read beside a Sharpe ratio.",
        "Schwager 2012, Market Sense and Nonsense", annual=True, least=2, undefined=NO_LOSS,
    ),
    "calmar": Definition(
        "Calmar", RATIOS, "CAGR over the size of the largest drawdown.", "Young 1991, Futures 20", annual=True,
        undefined=NEVER_BELOW,
    ),
    "martin_ratio": Definition(
        "Martin (UPI)", RATIOS, "CAGR over the Ulcer index.",
        "Martin and McCann 1989, The Investor's Guide to Fidelity Funds", annual=True, undefined=NEVER_BELOW,
        differs="quantstats divides the total return, of however many years, and has n - 1 in its Ulcer index.",
    ),
    "pain_ratio": Definition(
        "Pain ratio", RATIOS, "CAGR over the pain index.", "Becker 2006, Zephyr Associates", annual=True,
        undefined=NEVER_BELOW,
    ),
    "serenity": Definition(
        "Serenity", RATIOS, "CAGR over Ulcer index times pitfall; pitfall: CDaR at 95% over the volatility of a year.",
        "KeyQuant 2015, The Serenity Ratio", annual=True, least=2, undefined=NEVER_BELOW,
        differs="quantstats divides the plain sum of all returns, with a CVaR of drawdowns that assumes them normal "
        "and the volatility of a day.",
    ),
    "omega": Definition(
        "Omega", RATIOS, "Sum of the returns above zero over the sum of those below.",
        "Keating and Shadwick 2002, Journal of Performance Measurement 6(3)", least=2, undefined=NO_LOSS,
    ),
    "gain_to_pain": Definition(
        "Gain to pain", RATIOS, "Sum of all returns over the sum of those below zero: Omega less 1.",
        "Schwager 2012, Market Sense and Nonsense", undefined=NO_LOSS,
    ),
    "gain_to_pain_month": Definition(
        "Gain to pain, months", RATIOS, "The same of calendar months.", "Schwager 2012, Market Sense and Nonsense",
        calendar="M", undefined="no month is below zero", differs="quantstats adds the returns of a month up.",
    ),
    "stability": Definition(
        "Stability", RATIOS, "R squared of the cumulated log returns on time.",
        "stability_of_timeseries of " + EMPYRICAL,
        least=2, undefined=STILL_RETURNS,
    ),
    "max_drawdown": Definition(
        "Largest drawdown", DRAWDOWN, "The lowest level against the highest before it, the start included.",
        "min of level / highest level so far, less 1", FRACTION,
    ),
    "longest_drawdown_days": Definition(
        "Longest drawdown, days", DRAWDOWN, "Calendar days from a peak to its recovery or, where there is none yet, to "
        "the last date; the longest.", "recovery date less peak date", COUNT, LOWER,
        undefined=NEVER_BELOW,
        differs="quantstats ends an episode on the day before the recovery and begins it after the peak.",
    ),
    "average_drawdown": Definition(
        "Average drawdown", DRAWDOWN, "Mean of the depths of all drawdowns.", "mean of the depth of each drawdown",
        FRACTION, undefined=NEVER_BELOW,
    ),
    "average_drawdown_days": Definition(
        "Average drawdown, days", DRAWDOWN, "Mean of their calendar days, the one that goes on among them.",
        "mean of recovery date less peak date", RATIO, LOWER, undefined=NEVER_BELOW,
        differs="quantstats counts from the first day under water to the day before the recovery.",
    ),
    "ulcer_index": Definition(
        "Ulcer index", DRAWDOWN, "Root mean square of the drawdown at each return.",
        "Martin and McCann 1989, The Investor's Guide to Fidelity Funds", FRACTION, LOWER,
        differs="quantstats has n - 1 below.",
    ),
    "pain_index": Definition(
        "Pain index", DRAWDOWN, "Mean of the drawdown at each return.", "Becker 2006, Zephyr Associates", FRACTION,
        LOWER,
    ),
    "cdar": Definition(
        "CDaR 95%", DRAWDOWN, "Mean of the deepest 5% of the drawdowns at each return.",
        "Chekhlov, Uryasev and Zabarankin 2005, IJTAF 8(1)", FRACTION, LOWER,
    ),
    "recovery_factor": Definition(
        "Recovery factor", DRAWDOWN, "Total return over the size of the largest drawdown.",
        "total return / |largest drawdown|", undefined=NEVER_BELOW,
        differs="quantstats takes the plain sum of returns without its sign, so that a loss looks like a gain.",
    ),
    "skew": Definition(
        "Skewness", TAILS, "Third moment about the mean over the deviation cubed, both divided by n.",
        "m3 / m2^1.5", least=3, undefined=STILL_RETURNS,
        differs="quantstats has the corrected one of pandas.",
    ),
    "excess_kurtosis": Definition(
        "Excess kurtosis", TAILS, "Fourth moment over the squared variance, both divided by n, less 3.",
        "m4 / m2^2 - 3", better=LOWER, least=4, undefined=STILL_RETURNS,
        differs="quantstats has the corrected one of pandas.",
    ),
    "var_historical": Definition(
        "VaR 95%", TAILS, "Loss of one {unit} that 5% of the returns exceed; a loss is positive.",
        "minus the 5% quantile of the returns", FRACTION, LOWER,
        differs="Of " + QUANTSTATS + " it is the 5% quantile of a normal law, a return with its sign.",
    ),
    "es_historical": Definition(
        "ES 95%", TAILS, "Mean of the losses that are at least VaR; a loss is positive.",
        "minus the mean of the returns at or below the 5% quantile", FRACTION, LOWER,
        differs="Of " + QUANTSTATS + " it is that of a normal law.",
    ),
    "tail_ratio": Definition(
        "Tail ratio", TAILS, "Size of the 95% quantile over that of the 5% quantile.", "tail_ratio of " + EMPYRICAL,
        undefined="the 5% quantile is zero",
    ),
    "common_sense_ratio": Definition(
        "Common sense ratio", TAILS, "Profit factor times tail ratio.", "Laurent Bernut; " + QUANTSTATS,
        undefined="no return is below zero, or the 5% quantile is zero",
    ),
    "outlier_win_ratio": Definition(
        "Outlier win ratio", TAILS, "The 99% quantile over the mean gain.", QUANTSTATS, undefined=NO_GAIN,
        differs="quantstats counts a return of zero as a gain in that mean.",
    ),
    "outlier_loss_ratio": Definition(
        "Outlier loss ratio", TAILS, "The 1% quantile over the mean loss.", QUANTSTATS, better=LOWER,
        undefined=NO_LOSS,
    ),
    "hit_rate": Definition(
        "Winning {unit}s", WINS, "Share of returns above zero among those that are not zero.",
        "count(r > 0) / count(r != 0)", FRACTION, undefined=NO_MOVE,
    ),
    "hit_rate_month": Definition(
        "Winning months", WINS, "The same of calendar months, partial ones as they are.",
        "count(r > 0) / count(r != 0)", FRACTION, calendar="M", undefined="no month differs from zero",
    ),
    "hit_rate_quarter": Definition(
        "Winning quarters", WINS, "The same of calendar quarters.", "count(r > 0) / count(r != 0)", FRACTION,
        calendar="Q", undefined="no quarter differs from zero",
    ),
    "hit_rate_year": Definition(
        "Winning years", WINS, "The same of calendar years.", "count(r > 0) / count(r != 0)", FRACTION, calendar="Y",
        undefined="no year differs from zero",
    ),
    "best_session": Definition("Best {unit}", WINS, "The highest return.", "max(r)", FRACTION),
    "worst_session": Definition("Worst {unit}", WINS, "The lowest return.", "min(r)", FRACTION),
    "best_month": Definition(
        "Best month", WINS, "The highest return of a calendar month.", "max by month", FRACTION, calendar="M",
    ),
    "worst_month": Definition(
        "Worst month", WINS, "The lowest return of a calendar month.", "min by month", FRACTION, calendar="M",
    ),
    "best_year": Definition(
        "Best year", WINS, "The highest return of a calendar year.", "max by year", FRACTION, calendar="Y",
    ),
    "worst_year": Definition(
        "Worst year", WINS, "The lowest return of a calendar year.", "min by year", FRACTION, calendar="Y",
    ),
    "average_win": Definition(
        "Mean gain", WINS, "Mean of the returns above zero.", "mean(r > 0)", FRACTION, undefined=NO_GAIN,
    ),
    "average_loss": Definition(
        "Mean loss", WINS, "Mean of the returns below zero.", "mean(r < 0)", FRACTION, undefined=NO_LOSS,
    ),
    "average_up_month": Definition(
        "Mean gain of a month", WINS, "Mean of the calendar months above zero.", "mean of months > 0", FRACTION,
        calendar="M", undefined="no month is above zero",
    ),
    "average_down_month": Definition(
        "Mean loss of a month", WINS, "Mean of the calendar months below zero.", "mean of months < 0", FRACTION,
        calendar="M", undefined="no month is below zero",
    ),
    "payoff_ratio": Definition(
        "Payoff ratio", WINS, "Mean gain over the size of the mean loss.", "mean(r > 0) / |mean(r < 0)|",
        undefined="there is no gain or no loss",
    ),
    "profit_factor": Definition(
        "Profit factor", WINS, "Sum of the gains over the sum of the losses: Omega at a threshold of zero.",
        "sum(r > 0) / |sum(r < 0)|", undefined=NO_LOSS,
    ),
    "cpc_index": Definition(
        "CPC index", WINS, "Profit factor times win rate times payoff ratio.", QUANTSTATS,
        undefined="there is no gain or no loss",
    ),
    "kelly": Definition(
        "Kelly fraction", WINS, "Share of capital that grows fastest if each return were a bet with these odds.",
        "(payoff x win rate - loss rate) / payoff: Kelly 1956, Bell System Technical Journal 35(4)", FRACTION,
        NEITHER, undefined="there is no gain or no loss",
        differs="PerformanceAnalytics has the mean over the variance.",
    ),
    "risk_of_ruin": Definition(
        "Risk of ruin", WINS, "Chance to lose n units in bets of one unit at these odds; of many returns it is zero or "
        "one and says little.", "((1 - w) / (1 + w))^n, w the win rate: " + QUANTSTATS, FRACTION, LOWER,
        undefined=NO_MOVE,
    ),
    "longest_wins": Definition(
        "Gains in a row", WINS, "The longest stretch of returns above zero.", "longest run of r > 0", COUNT,
    ),
    "longest_losses": Definition(
        "Losses in a row", WINS, "The longest stretch of returns below zero.", "longest run of r < 0", COUNT, LOWER,
    ),
    "beta": Definition(
        "Beta", BENCHMARK, "Slope of the returns on the benchmark's.", "cov(r, b) / var(b)", better=NEITHER,
        benchmark=True, least=2, undefined="the benchmark does not move",
    ),
    "alpha_annual": Definition(
        "Alpha", BENCHMARK, "Mean of what beta leaves unexplained of the returns less the riskless rate, "
        "compounded to a year.",
        "(1 + mean(r) - beta mean(b))^(returns a year) - 1: " + EMPYRICAL, FRACTION, annual=True, benchmark=True,
        least=2, undefined="the benchmark does not move",
        differs="quantstats multiplies by the returns in a year and does not compound.",
    ),
    "jensen_alpha": Definition(
        "Jensen's alpha", BENCHMARK, "CAGR less beta times the benchmark's CAGR, each less the riskless rate, "
        "of the dates that both have.",
        "Jensen 1968, Journal of Finance 23(2); CAPM.jensenAlpha of PerformanceAnalytics 2.1.0", FRACTION, annual=True,
        benchmark=True, least=2, undefined="the benchmark does not move",
    ),
    "correlation": Definition(
        "Correlation", BENCHMARK, "Pearson's correlation of the returns with the benchmark's.",
        "cov(r, b) / (sd(r) sd(b))", better=NEITHER, benchmark=True, least=2, undefined="one of both does not move",
    ),
    "r_squared": Definition(
        "R\u00b2", BENCHMARK, "Share of the variance that the benchmark explains.", "correlation squared",
        better=NEITHER, benchmark=True, least=2, undefined="one of both does not move",
    ),
    "tracking_error_annual": Definition(
        "Tracking error", BENCHMARK, "Volatility of the difference to the benchmark.",
        "sd(r - b) x sqrt(returns a year)", FRACTION, LOWER, annual=True, benchmark=True, least=2,
    ),
    "information_ratio": Definition(
        "Information ratio", BENCHMARK, "Mean over deviation of the difference to the benchmark, times the root of the "
        "returns in a year.", "Goodwin 1998, Financial Analysts Journal 54(4)", annual=True, benchmark=True, least=2,
        undefined="the difference to the benchmark does not move",
        differs="quantstats does not annualise it; PerformanceAnalytics has the difference of the CAGRs above.",
    ),
    "treynor": Definition(
        "Treynor", BENCHMARK, "CAGR less the riskless rate over beta, of the dates that both have.",
        "Treynor 1965, Harvard Business Review 43(1); TreynorRatio of PerformanceAnalytics 2.1.0", annual=True,
        benchmark=True, least=2, undefined="beta is zero, or the benchmark does not move",
        differs="quantstats divides the total return, of however many years.",
    ),
    "capture": Definition(
        "Capture", BENCHMARK, "CAGR over the benchmark's.", "capture of " + EMPYRICAL, annual=True, benchmark=True,
        least=2, better=NEITHER, undefined="the benchmark's CAGR is zero",
    ),
    "up_capture": Definition(
        "Up capture", BENCHMARK, "The same of the {unit}s on which the benchmark rose.", "up_capture of " + EMPYRICAL,
        annual=True, benchmark=True, least=2, undefined="the benchmark never rose",
    ),
    "down_capture": Definition(
        "Down capture", BENCHMARK, "The same of the {unit}s on which it fell.", "down_capture of " + EMPYRICAL,
        better=LOWER, annual=True, benchmark=True, least=2, undefined="the benchmark never fell",
    ),
    "batting_average": Definition(
        "Better than benchmark", BENCHMARK, "Share of {unit}s with a return above the benchmark's.",
        "count(r > b) / n: batting_average of " + EMPYRICAL, FRACTION, benchmark=True, least=2,
    ),
}  # fmt: skip

PERIODS_DEFINITION = Definition(
    "Returns by period", RETURN,
    "Returns dated after the day that lies so many months before the last date, compounded; of three years and more "
    "the yearly rate over those years.", "(1 + return)^(1 / years) - 1", FRACTION,
    differs="quantstats takes in the return of the day on which a period begins as well, and has 35, 59 and 119 months "
    "for 3, 5 and 10 years.",
)  # fmt: skip
PERIODS: dict[str, str] = {
    "mtd": "Month to date",
    "3m": "3 months",
    "6m": "6 months",
    "ytd": "Year to date",
    "1y": "1 year",
    "3y": "3 years, a year",
    "5y": "5 years, a year",
    "10y": "10 years, a year",
    "all": "All, a year",
}
