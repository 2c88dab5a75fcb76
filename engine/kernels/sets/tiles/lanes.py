"""Rows of lanes: arrays whose row length the compiler knows.

Where the length of a row is a variable, the compiler cannot tell that rows do not overlap, and compares all of their
addresses before each loop over lanes: profiled, that was a third of the time of valuing a tile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numba
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ....arrays import Floats, Ints

# Sets in a tile. Shares and weights of 30 tickers and the NAV of a piece then stay in the first cache.
LANES = 64

WORD, HALF, EIGHT = ir.IntType(64), ir.IntType(32), ir.VectorType(ir.DoubleType(), 8)
# Its functions have no types.
cgutils: Any = numba.core.cgutils


@intrinsic
def _rows(_typing: Any, array: Any) -> Any:
    """The same (M, LANES) contiguous array, with a row length that is a constant."""
    if not (isinstance(array, types.Array) and array.ndim == 2 and array.layout == "C"):
        return None

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        given = context.make_array(array)(context, builder, arguments[0])
        known = context.make_array(array)(context, builder)
        rows = cgutils.unpack_tuple(builder, given.shape)[0]
        for name in ("nitems", "itemsize", "data"):
            setattr(known, name, getattr(given, name))
        known.shape = cgutils.pack_array(builder, [rows, WORD(LANES)])
        known.strides = cgutils.pack_array(builder, [WORD(LANES * 8), WORD(8)])
        for name in ("meminfo", "parent"):
            setattr(known, name, cgutils.get_null_value(getattr(given, name).type))
        return known._getvalue()

    return array(array), generate


# numba gives an intrinsic its first argument itself, which its type does not say. The result has no owner: whoever
# takes it keeps the array alive.
lane_rows: Callable[[Any], Any] = cast(Any, _rows)


@intrinsic
def _copy(_typing: Any, out: Any, source: Any) -> Any:
    """Copy a contiguous array of floats into another of the same size."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        filled, given = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args, arguments, strict=True)
        )
        cgutils.raw_memcpy(builder, filled.data, given.data, given.nitems, 8)
        return context.get_dummy_value()

    return types.void(out, source), generate


# Copies the second array into the first; loops over rows of lanes that might overlap are copied number by number.
copy_rows: Callable[[Floats, Floats], None] = cast(Any, _copy)


def _mix(builder: Any, a: Any, b: Any, order: list[int]) -> Any:
    """Eight numbers out of two vectors of eight."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(HALF, 8), order))


def _line(builder: Any, bank: Any, column: Any, row: Any, scale: Any) -> Any:
    """Eight columns of a row of a bank from `column` on, times `scale`."""
    begin = builder.add(builder.mul(row, cgutils.unpack_tuple(builder, bank.shape)[1]), column)
    line = builder.load(builder.bitcast(builder.gep(bank.data, [begin]), EIGHT.as_pointer()))
    line.align = 8
    nothing = ir.Constant(EIGHT, ir.Undefined)
    return builder.fmul(line, _mix(builder, builder.insert_element(nothing, scale, HALF(0)), nothing, [0] * 8))


def _transposed(builder: Any, lines: list[Any]) -> list[Any]:
    """Eight vectors of eight, rows for columns, in registers: by ones, by twos, by fours."""
    ones: list[Any] = []
    for n in range(0, 8, 2):
        ones.append(_mix(builder, lines[n], lines[n + 1], [0, 8, 2, 10, 4, 12, 6, 14]))
        ones.append(_mix(builder, lines[n], lines[n + 1], [1, 9, 3, 11, 5, 13, 7, 15]))
    twos: list[Any] = [None] * 8
    for n in (0, 1, 4, 5):
        twos[n] = _mix(builder, ones[n], ones[n + 2], [0, 1, 8, 9, 4, 5, 12, 13])
        twos[n + 2] = _mix(builder, ones[n], ones[n + 2], [2, 3, 10, 11, 6, 7, 14, 15])
    low = [_mix(builder, twos[n], twos[4 + n], [0, 1, 2, 3, 8, 9, 10, 11]) for n in range(4)]
    return low + [_mix(builder, twos[n], twos[4 + n], [4, 5, 6, 7, 12, 13, 14, 15]) for n in range(4)]


@intrinsic
def _turn(_typing: Any, out: Any, to: Any, bank: Any, column: Any, rows: Any, scales: Any, lane: Any) -> Any:
    """Eight columns of eight rows of a bank, scaled, side by side."""
    signature = types.void(out, to, bank, column, rows, scales, lane)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        filled, banked, row_of, scale_of = (
            context.make_array(signature.args[n])(context, builder, arguments[n]) for n in (0, 2, 4, 5)
        )
        first, lane_at, lines = arguments[3], arguments[6], []
        for n in range(8):
            here = [builder.add(lane_at, WORD(n))]
            row, scale = builder.load(builder.gep(row_of.data, here)), builder.load(builder.gep(scale_of.data, here))
            lines.append(_line(builder, banked, first, row, scale))
        for n, turned in enumerate(_transposed(builder, lines)):
            begin = builder.add(builder.mul(builder.add(arguments[1], WORD(n)), WORD(LANES)), lane_at)
            store = builder.store(turned, builder.bitcast(builder.gep(filled.data, [begin]), EIGHT.as_pointer()))
            store.align = 8
        return context.get_dummy_value()

    return signature, generate


# turn_eight(out (N, LANES), to, bank (K, N), column, rows (LANES,), scales (LANES,), lane): fills eight rows of `out`
# from `to` on, in eight lanes from `lane` on, with the columns of the bank from `column` on of their rows, scaled.
# Number by number it took twice as long.
turn_eight: Callable[[Floats, int, Floats, int, Ints, Floats, int], None] = cast(Any, _turn)
