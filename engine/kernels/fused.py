"""x * y + z in one rounding, which the compiler does not write by itself as it may not change results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numba.core import types
from numba.extending import intrinsic


@intrinsic
def _fused(_typing: Any, _x: Any, _y: Any, _z: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    number = types.float64
    return number(number, number, number), generate


# numba gives an intrinsic its first argument itself, which its type does not say.
fused: Callable[[float, float, float], float] = cast(Any, _fused)
