"""Workbooks for Excel and LibreOffice: tables of real numbers and dates, with live formulas over them."""
