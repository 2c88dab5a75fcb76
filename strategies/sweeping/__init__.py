"""Strategies over many parameter sets: each turns a chunk of sets into one compact batch."""

from __future__ import annotations

from ..strategy.load import load_strategy
from .choose import SweepStrategy, sweep_strategy
from .function_sweep import FunctionSweep
from .trade_sweep import TradeSweep

__all__ = ["FunctionSweep", "SweepStrategy", "TradeSweep", "load_strategy", "sweep_strategy"]
