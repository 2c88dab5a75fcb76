"""Holdings as brokers export them, each recognised by its columns and turned into tickers, amounts and cash."""

from __future__ import annotations

from .amounts import amount_of
from .brokers import read_sheet
from .read import Statement, read_statement
from .sheet import Sheet

__all__ = ["Sheet", "Statement", "amount_of", "read_sheet", "read_statement"]
