"""Which sets of a sweep may go into tiles, and share one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....arrays import Ints
from ...book.records import COST_TERMS, MARGIN_TERMS, RULE_TERMS, MarginAction, Structs
from ...jit import inlined
from .fill import KNOWN_COSTS
from .watch import KNOWN_RULES

# Tiles know what these terms ask for.
KNOWN_TERMS = KNOWN_COSTS | KNOWN_RULES
FNV_PRIME, FNV_OFFSET = 1099511628211, 1469598103934665603


def knows(terms: Structs) -> NDArray[np.bool_]:
    """(V,) whether tiles know every term that asks for something; a set of other terms has to go one by one."""
    known = np.ones(len(terms), dtype=np.bool_)
    for term in (*COST_TERMS, *RULE_TERMS):
        if term.name not in KNOWN_TERMS:
            values = terms[term.name]
            known &= (values == term.neutral) | (np.isnan(values) & np.isnan(term.neutral))
    if not KNOWN_TERMS.issuperset(MARGIN_TERMS):
        known &= terms["margin_action"] == MarginAction.OFF
    return known


@inlined
def grouped(sets: Structs, orders: Structs, start: int, stop: int) -> tuple[Ints, Ints]:
    """Sets start .. stop - 1 group by group, and (G + 1,) where each group begins.

    A group shares sessions, marks of orders and conditions; groups stand in the order of their first sets and sets in
    their own. Sets are found through a hash table and compared in full.
    """
    count, size = stop - start, 16
    while size < 2 * count:
        size *= 2
    slots, leaders = np.full(size, -1, dtype=np.int64), np.empty(count, dtype=np.int64)
    group, groups = np.empty(count, dtype=np.int64), 0
    for s in range(count):
        # Most sets are like the one before: found without hashing all of their orders.
        if s > 0 and alike(orders, sets[start + leaders[group[s - 1]]], sets[start + s]):
            group[s] = group[s - 1]
            continue
        at = timetable_hash(orders, sets[start + s]) & (size - 1)
        while slots[at] >= 0 and not alike(orders, sets[start + leaders[slots[at]]], sets[start + s]):
            at = (at + 1) & (size - 1)
        if slots[at] < 0:
            slots[at] = groups
            leaders[groups] = s
            groups += 1
        group[s] = slots[at]
    begins = np.zeros(groups + 1, dtype=np.int64)
    for s in range(count):
        begins[group[s] + 1] += 1
    for g in range(groups):
        begins[g + 1] += begins[g]
    order, used = np.empty(count, dtype=np.int64), begins[:-1].copy()
    for s in range(count):
        order[used[group[s]]] = start + s
        used[group[s]] += 1
    return order, begins


@inlined
def timetable_hash(orders: Structs, one: Structs) -> int:
    """The same for sets that are alike."""
    found = FNV_OFFSET ^ (one.first * 4096 + one.last)
    for k in range(one.orders_from, one.orders_to):
        found = (found ^ (2 * orders[k].session + orders[k].mark)) * FNV_PRIME
    return int(found ^ (found >> 29))


@inlined
def alike(orders: Structs, one: Structs, other: Structs) -> bool:
    """Whether two sets run over the same sessions, trade at the same marks and obey the same conditions."""
    count = one.orders_to - one.orders_from
    if other.orders_to - other.orders_from != count or one.first != other.first or one.last != other.last:
        return False
    if one.terms != other.terms or one.legs != other.legs or one.calendar != other.calendar:
        return False
    for k in range(count):
        a, b = orders[one.orders_from + k], orders[other.orders_from + k]
        if a.session != b.session or a.mark != b.mark:
            return False
    return True
