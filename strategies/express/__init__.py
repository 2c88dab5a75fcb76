"""One view of an event trade in every instrument: shares, options and both, side by side."""
