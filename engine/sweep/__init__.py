"""Many parameter sets at once, and whether the best of them is more than luck."""
