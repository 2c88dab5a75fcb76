"""Commands of a desk: one view in every instrument."""
