"""The price store: what was fetched, from where and when, with every revision of it."""
