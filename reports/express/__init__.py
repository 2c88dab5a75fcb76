"""The report of one view in every instrument."""
