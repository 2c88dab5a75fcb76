"""Values as JSON knows them."""

from __future__ import annotations

import json
import math

import numpy as np

from hedgebook.reports.page.json import plain


def test_nothing_has_no_sign_and_what_is_no_number_is_null() -> None:
    given = {
        "a": -0.0,
        "b": [np.float64(-0.0), np.array([-0.0, -1e-300])],
        "c": math.nan,
        "d": -math.inf,
        "e": (0.0, 2),
    }
    text = json.dumps(plain(given), allow_nan=False)
    assert text == '{"a": 0.0, "b": [0.0, [0.0, -1e-300]], "c": null, "d": null, "e": [0.0, 2]}'
