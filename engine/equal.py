"""When two numbers are the same but for rounding: the last digits of a return must not decide a rank or a figure."""

from __future__ import annotations

# A return, a drawdown or a deviation below this is rounding: nothing moved.
STILL = 1e-12
# Scores that differ by less than this share of their size are a tie.
EQUAL = 1e-9
