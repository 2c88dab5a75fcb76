"""A trade before it is put on: its orders, what it costs, what it risks, and whether it is within limits."""
