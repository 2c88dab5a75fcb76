"""Figures over moving windows, at the label of the last return of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .base import aligned, roll
from .paths import max_drawdown
from .ratios import annual_volatility, sharpe_ratio, sortino_ratio
from .relative import alpha_aligned, alpha_beta_aligned, beta_aligned, down_capture, up_capture, up_down_capture


def _one(function: Callable[..., Any], returns: Any, window: int, kwargs: dict[str, Any]) -> Any:
    """A window longer than the series is cut to it, so that there is one value unless there is no return."""
    if not len(returns):
        return pd.Series([], index=returns.index, dtype=np.float64) if isinstance(returns, pd.Series) else np.empty(0)
    return roll(returns, window=min(window, len(returns)), function=function, **kwargs)


def roll_max_drawdown(returns: Any, window: int) -> Any:
    """max_drawdown of each window."""
    return _one(max_drawdown, returns, window, {})


def roll_sharpe_ratio(returns: Any, window: int, **kwargs: Any) -> Any:
    """sharpe_ratio of each window."""
    return _one(sharpe_ratio, returns, window, kwargs)


def roll_sortino_ratio(returns: Any, window: int, **kwargs: Any) -> Any:
    """sortino_ratio of each window."""
    return _one(sortino_ratio, returns, window, kwargs)


def roll_annual_volatility(returns: Any, window: int, **kwargs: Any) -> Any:
    """annual_volatility of each window."""
    return _one(annual_volatility, returns, window, kwargs)


def _two(function: Callable[..., Any], returns: Any, factor_returns: Any, window: int, kwargs: dict[str, Any]) -> Any:
    left, right = aligned(returns, factor_returns)
    width = min(window, len(left))
    found = [function(left[i - width : i], right[i - width : i], **kwargs) for i in range(width, len(left) + 1)]
    values = np.array(found if len(left) else [], dtype=np.float64)
    if not isinstance(returns, pd.Series):
        return values
    union = pd.concat([returns, pd.Series(factor_returns)], axis=1).index
    labels = union[len(union) - len(values) :]
    return pd.DataFrame(values, index=labels) if values.ndim == 2 else pd.Series(values, index=labels)


def roll_alpha(returns: Any, factor_returns: Any, window: int = 10, **kwargs: Any) -> Any:
    """alpha of each window."""
    return _two(alpha_aligned, returns, factor_returns, window, kwargs)


def roll_beta(returns: Any, factor_returns: Any, window: int = 10, **kwargs: Any) -> Any:
    """beta of each window."""
    return _two(beta_aligned, returns, factor_returns, window, kwargs)


def roll_alpha_beta(returns: Any, factor_returns: Any, window: int = 10, **kwargs: Any) -> Any:
    """(windows, 2): alpha and beta of each window."""
    return _two(alpha_beta_aligned, returns, factor_returns, window, kwargs)


def roll_up_capture(returns: Any, factor_returns: Any, window: int = 10, **kwargs: Any) -> Any:
    """up_capture of each window; empty where the window is longer than the series."""
    return roll(returns, factor_returns, window=window, function=up_capture, **kwargs)


def roll_down_capture(returns: Any, factor_returns: Any, window: int = 10, **kwargs: Any) -> Any:
    """down_capture of each window; empty where the window is longer than the series."""
    return roll(returns, factor_returns, window=window, function=down_capture, **kwargs)


def roll_up_down_capture(returns: Any, factor_returns: Any, window: int = 10, **kwargs: Any) -> Any:
    """up_down_capture of each window; empty where the window is longer than the series."""
    return roll(returns, factor_returns, window=window, function=up_down_capture, **kwargs)
