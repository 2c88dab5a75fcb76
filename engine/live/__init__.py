"""A trade while it is on: what its book is worth session by session, and whether it drifts against who holds it."""
