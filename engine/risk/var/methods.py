"""Names of the methods of value at risk."""

from __future__ import annotations

from typing import Literal

Method = Literal[
    "historical",
    "age_weighted",
    "gaussian",
    "student_t",
    "cornish_fisher",
    "ewma",
    "filtered_ewma",
    "filtered_garch",
    "peaks_over_threshold",
]
