"""One account through time: a schedule of orders, what they meet, and what came of them."""

from __future__ import annotations

from ..kernels.book.records import Booked, Cause, Reason, causes, columns

__all__ = ["Booked", "Cause", "Reason", "causes", "columns"]
