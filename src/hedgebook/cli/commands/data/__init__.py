"""Commands of the price store: what is fetched into it, and what it holds."""
