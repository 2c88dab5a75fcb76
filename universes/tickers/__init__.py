"""Universes of tickers alone: from Python, from text, from a list in a file."""
