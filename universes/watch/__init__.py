"""The indicators that are watched, and events of one's own that tell of them."""
