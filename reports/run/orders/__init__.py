"""What a run ordered: fills, what was not filled, short sales and margin, round trips, weights."""
