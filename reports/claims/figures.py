"""Claims as a figure: how many of each article hold."""

from __future__ import annotations

from hedgebook.universes.claims.check import ClaimsCheck, ClaimVerdict

from ..page.axes import axis, names_axis, whole_ticks
from ..page.figure import GAIN, GREY, LOSS, Figure, label, layout
from .page import SHORT

# What holds is blue, what does not is orange, and what nobody can say is grey.
COLOURS = {
    ClaimVerdict.CONFIRMED.value: GAIN,
    ClaimVerdict.ROUNDED.value: "#17807e",
    ClaimVerdict.INTRADAY.value: "#b8860b",
    ClaimVerdict.WRONG.value: LOSS,
    ClaimVerdict.NO_DATA.value: GREY,
}
ROW_PX = 38


def verdicts_figure(check: ClaimsCheck) -> Figure | None:
    """How many claims of each article have each verdict; None where there are none."""
    verdicts = check.table["verdict"].tolist()
    publishers = list(dict.fromkeys(claim.publisher for claim in check.claims))
    if not publishers:
        return None
    found = list(zip((claim.publisher for claim in check.claims), verdicts, strict=True))
    publishers_of = [label(claim.publisher) for claim in check.claims]
    names = [label(publisher) for publisher in publishers]
    data = tuple(
        {
            "type": "bar",
            "orientation": "h",
            "name": SHORT.get(verdict, verdict),
            "x": counts,
            "y": names,
            "text": [str(n) if n else "" for n in counts],
            "textposition": "inside",
            "textangle": 0,
            "marker": {"color": colour},
            "hovertemplate": f"%{{y}}<br>{SHORT.get(verdict, verdict)} %{{x}}<extra></extra>",
        }
        for verdict, colour in COLOURS.items()
        if any(counts := [found.count((publisher, verdict)) for publisher in publishers])
    )
    return Figure(
        "verdicts",
        "Claims of each article by what became of them.",
        data,
        layout(
            ROW_PX * len(names) + 80,
            barmode="relative",
            legend=True,
            top=34,
            right=16,
            xaxis=axis(**whole_ticks(max(map(publishers_of.count, names)))),
            yaxis=names_axis(),
        ),
    )
