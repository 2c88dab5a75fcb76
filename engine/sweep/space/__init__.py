"""What a sweep tries: axes of values, constraints between them, and the sets that a grid or a sample makes of them."""

from __future__ import annotations

from .axis import Axis
from .column import ChunkSets, ParameterColumn
from .constraints import Constraint, FunctionConstraint, TextConstraint, constraint_of
from .parameter_sets import ParameterSets
from .parse import axis_of, parse_axes, parse_axis
from .space import Space, given_sets, space_of

__all__ = [
    "Axis", "ChunkSets", "Constraint", "FunctionConstraint", "ParameterColumn", "ParameterSets", "Space",
    "TextConstraint", "axis_of", "constraint_of", "given_sets", "parse_axes", "parse_axis", "space_of",
]  # fmt: skip
