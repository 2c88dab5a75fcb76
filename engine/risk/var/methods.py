"""The methods of value at risk: their names, and the record of each."""

from __future__ import annotations

from typing import Literal

from hedgebook.errors import ParameterError, did_you_mean

from .extreme import PEAKS_OVER_THRESHOLD
from .filtered import EWMA, FILTERED_EWMA, FILTERED_GARCH
from .historical import AGE_WEIGHTED, HISTORICAL
from .parametric import CORNISH_FISHER, GAUSSIAN, STUDENT_T
from .windows import VarMethod

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
# In the order in which tables show them.
METHODS: dict[Method, VarMethod] = {
    "historical": HISTORICAL,
    "age_weighted": AGE_WEIGHTED,
    "gaussian": GAUSSIAN,
    "student_t": STUDENT_T,
    "cornish_fisher": CORNISH_FISHER,
    "ewma": EWMA,
    "filtered_ewma": FILTERED_EWMA,
    "filtered_garch": FILTERED_GARCH,
    "peaks_over_threshold": PEAKS_OVER_THRESHOLD,
}


def method_of(name: str) -> VarMethod:
    """The method of this name. Raises ParameterError with the closest name."""
    for known, method in METHODS.items():
        if known == name:
            return method
    raise ParameterError("unknown method", where="method", value=name, remedy=did_you_mean(name, METHODS))
