"""Sheets of what several kinds of reports have: heat maps and returns with their ratios."""
