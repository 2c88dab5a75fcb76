"""Two questions about a sweep, in words: does the family beat luck, and does choosing its best set add anything?

What the family earned and what choosing among its sets adds are two things. On a plateau, where every set has the same
edge, the choice is noise, and yet the family is not; among sets without an edge the best may be far ahead of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Deflated Sharpe ratios from here on are evidence, and so are p-values up to SPA; probabilities of overfitting up to
# LOW speak for the choice, from HIGH on against it.
DEFLATED, PBO_LOW, PBO_HIGH, SPA = 0.95, 0.2, 0.5, 0.05
BOUNDS = (PBO_LOW, PBO_HIGH, DEFLATED)
MOST_DECIMALS = 6

STANDS_OUT = "stands out"
DOUBTFUL = "doubtful"
LUCK = "not told from luck"
UNKNOWN = "cannot be judged"
ADDS = "choice adds"
UNCLEAR = "choice unclear"
NOTHING = "choice adds nothing"

MEANING = {
    STANDS_OUT: "beats luck and {null}",
    DOUBTFUL: "is doubtful: not all measures say that it beats luck and {null}",
    LUCK: "cannot be told from luck",
}
CHOICE = {
    ADDS: "Choosing the best set adds something out of sample",
    UNCLEAR: "Whether choosing the best set adds anything out of sample is unclear",
    NOTHING: "Choosing the best set adds nothing out of sample that could be told from chance",
}
CASH = "cash"
RULE = (
    "The family stands out: every deflated Sharpe ratio of its best set, with every set a trial, is at least 95%, and "
    "the p-values of superior predictive ability (Hansen) and of the stepdown (Romano and Wolf), where they are known, "
    "are at most 5%, all in excess of the null: cash, or where the best set's mean net weight is beyond 20% of NAV "
    "the benchmark at that weight (the mean of the universe's tickers where no benchmark has prices). It is not told "
    "from luck: no deflated Sharpe ratio reaches 95%. It is doubtful: anything between. Choosing adds: the "
    "probability of overfitting is at most 20%. It adds nothing: that is 50% or more, or it is between and a set's "
    "rank outside of the sample does not rise with its rank inside. It is unclear: anything between."
)


@dataclass(frozen=True)
class Evidence:
    """What the two findings rest on; None for what could not be computed.

    deflated_all: deflated Sharpe ratios with every set counted as a trial, by convention, and where the trials of the
    whole workspace are asked for with all of those, of which there are `workspace`; pbo: probability of overfitting;
    spa, stepdown: p-values of Hansen's consistent test and, for the best set, of Romano and Wolf's; slope: how much a
    set's rank outside of the sample rises with its rank inside; plateau: what its neighbours keep of the best set's
    lead; null: what all of it is in excess of.
    """

    deflated_all: Sequence[float] = ()
    pbo: float | None = None
    spa: float | None = None
    workspace: int | None = None
    stepdown: float | None = None
    slope: float | None = None
    plateau: float | None = None
    null: str = CASH


def finding_of(evidence: Evidence) -> str:
    """Whether the family beats luck: "stands out", "doubtful", "not told from luck" or "cannot be judged", by RULE;
    the last without any deflated Sharpe ratio."""
    if not evidence.deflated_all:
        return UNKNOWN
    if max(evidence.deflated_all) < DEFLATED:
        return LUCK
    tests = [p for p in (evidence.spa, evidence.stepdown) if p is not None]
    return STANDS_OUT if min(evidence.deflated_all) >= DEFLATED and all(p <= SPA for p in tests) else DOUBTFUL


def choice_of(evidence: Evidence) -> str:
    """Whether choosing adds anything: "choice adds", "choice unclear", "choice adds nothing" or "cannot be judged", by
    RULE; the last without a probability of overfitting."""
    pbo, slope = evidence.pbo, evidence.slope
    if pbo is None:
        return UNKNOWN
    if pbo <= PBO_LOW:
        return ADDS
    return NOTHING if pbo >= PBO_HIGH or (slope is not None and slope <= 0.0) else UNCLEAR


def verdict_text(finding: str, evidence: Evidence, *, ran: int, metric: str, reason: str | None) -> str:
    """Both findings, a sentence each, with the figures they rest on and what those are held against."""
    second = choice_text(evidence)
    return f"{_family_text(finding, evidence, ran, metric, reason)}{f' {second}' if second else ''}"


def _family_text(finding: str, evidence: Evidence, ran: int, metric: str, reason: str | None) -> str:
    if finding == UNKNOWN:
        best = f"The family of {ran:,} sets" if ran != 1 else "The only set that ran"
        return f"{best} cannot be judged. {reason or 'Nothing that tells skill from luck could be computed.'}"
    low, high = probability_text(min(evidence.deflated_all)), probability_text(max(evidence.deflated_all))
    held = low if low == high else f"{low} to {high}"
    what = "every set a trial" if evidence.workspace is None else f"all {evidence.workspace:,} trials of the workspace"
    figures = [f"with {what} the deflated Sharpe ratio of its best by {metric} is {held} ({DEFLATED:.0%} is evidence)"]
    chances = [
        f"{_chance(p)} ({whose})"
        for p, whose in ((evidence.spa, "Hansen"), (evidence.stepdown, "Romano and Wolf"))
        if p is not None
    ]
    if chances:
        figures.append(f"sets without skill do as well with probability {' and '.join(chances)}")
    said = MEANING[finding].format(null=evidence.null)
    return f"The family of {ran:,} set{'' if ran == 1 else 's'} {said}: {'; '.join(figures)}."


def choice_text(evidence: Evidence) -> str:
    """What choosing adds, in a sentence; empty where nothing tells."""
    finding = choice_of(evidence)
    if finding == UNKNOWN or evidence.pbo is None:
        return ""
    figures = [
        "chosen on half of the sessions, it is no better than the median set on the other half in "
        f"{probability_text(evidence.pbo)} of splits (at most {PBO_LOW:.0%} is sound, {PBO_HIGH:.0%} is chance)"
    ]
    if evidence.slope is not None:
        figures.append(f"a rank higher inside of the sample is {evidence.slope:.2f} higher outside")
    if evidence.plateau is not None:
        figures.append(f"its neighbours keep {evidence.plateau:.0%} of its lead over the median set")
    return f"{CHOICE[finding]}: {'; '.join(figures)}."


def _chance(p: float) -> str:
    # As tables write a p-value: one figure has one rounding.
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def probability_text(share: float) -> str:
    """A probability as sentences and tables write it: one decimal, more where one would show a bound that was missed.

    What would round to 0 or 1 without being it says so, as <0.1% and >99.9%.
    """
    if 0.0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 <= share < 1.0:
        return ">99.9%"
    decimals = 1
    while decimals < MOST_DECIMALS and any(_sides_differ(share, bound, decimals) for bound in BOUNDS):
        decimals += 1
    return f"{share:.{decimals}%}"


def _sides_differ(share: float, bound: float, decimals: int) -> bool:
    shown = round(100.0 * share, decimals)
    return (shown >= 100.0 * bound) != (share >= bound) or (shown <= 100.0 * bound) != (share <= bound)
