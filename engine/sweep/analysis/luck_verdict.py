"""Whether the best set of a sweep is more than luck, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Deflated Sharpe ratios from here on are evidence; probabilities of overfitting up to LOW speak for the set, from HIGH
# on against it; a test of superior predictive ability counts up to this p-value.
DEFLATED, PBO_LOW, PBO_HIGH, SPA = 0.95, 0.2, 0.5, 0.05
BOUNDS = (PBO_LOW, PBO_HIGH, DEFLATED)
MOST_DECIMALS = 6

STANDS_OUT = "stands out"
DOUBTFUL = "doubtful"
LUCK = "not told from luck"
UNKNOWN = "cannot be judged"

MEANING = {
    STANDS_OUT: "stands out from what luck gives to the best of so many",
    DOUBTFUL: "is doubtful: not all measures say that it is more than luck",
    LUCK: "cannot be told from luck",
}


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on; None for what could not be computed.

    deflated_all: deflated Sharpe ratios with every set counted as a trial, by convention, and where the trials of the
    whole workspace are asked for with all of those, of which there are `workspace`; deflated: all of them,
    with effective numbers of trials too; pbo: probability of overfitting; spa: p-value of Hansen's consistent test.
    """

    deflated_all: Sequence[float] = ()
    deflated: Sequence[float] = ()
    pbo: float | None = None
    spa: float | None = None
    workspace: int | None = None


def finding_of(evidence: Evidence) -> str:
    """One of "stands out", "doubtful", "not told from luck" and "cannot be judged".

    Not told from luck: the probability of overfitting is 50 % or more; or no deflated Sharpe ratio with all sets as
    trials reaches 95 %, unless one with an effective number of trials does and the probability of overfitting is at
    most 20 %. (Effective numbers come from a sample, which cannot show more trials than it has sets.) Stands out:
    every deflated Sharpe ratio with all sets as trials is at least 95 %, the probability of overfitting, if known, is
    at most 20 %, and the p-value of superior predictive ability, if known, is at most 5 %. Doubtful: anything
    between. Without any deflated Sharpe ratio: not told from luck by the probability of overfitting alone, else it
    cannot be judged.
    """
    pbo = evidence.pbo
    if not evidence.deflated_all:
        return LUCK if pbo is not None and pbo >= PBO_HIGH else UNKNOWN
    held = pbo is not None and pbo <= PBO_LOW
    significant = max(evidence.deflated_all) >= DEFLATED or (held and max(evidence.deflated) >= DEFLATED)
    if not significant or (pbo is not None and pbo >= PBO_HIGH):
        return LUCK
    sound = min(evidence.deflated_all) >= DEFLATED and (pbo is None or held)
    return STANDS_OUT if sound and (evidence.spa is None or evidence.spa <= SPA) else DOUBTFUL


def verdict_text(finding: str, evidence: Evidence, *, ran: int, metric: str, reason: str | None) -> str:
    """The finding in one or two sentences, with the figures it rests on and what they are held against."""
    best = f"The best of {ran:,} sets by {metric}" if ran != 1 else "The only set that ran"
    if finding == UNKNOWN:
        why = reason or "Nothing that tells skill from luck could be computed."
        return f"{best} cannot be judged. {why}"
    figures = []
    if evidence.deflated_all:
        low, high = probability_text(min(evidence.deflated_all)), probability_text(max(evidence.deflated_all))
        held = low if low == high else f"{low} to {high}"
        what = (
            "every set a trial" if evidence.workspace is None else f"all {evidence.workspace:,} trials of the workspace"
        )
        figures.append(f"with {what} its deflated Sharpe ratio is {held} ({DEFLATED:.0%} is evidence)")
    if evidence.pbo is not None:
        figures.append(
            f"chosen on half of the sessions, the best is no better than the median set on the other half in "
            f"{probability_text(evidence.pbo)} of splits (at most {PBO_LOW:.0%} is sound, {PBO_HIGH:.0%} is chance)"
        )
    if evidence.spa is not None:
        # As tables write a p-value: one figure has one rounding.
        chance = "<0.0001" if evidence.spa < 0.0001 else f"{evidence.spa:.4f}"
        figures.append(f"candidates without skill do as well with probability {chance} (Hansen's test)")
    listed = "; ".join(figures)
    return f"{best} {MEANING[finding]}. {listed[:1].upper()}{listed[1:]}."


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
