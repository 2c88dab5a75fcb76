"""A trade that is on, session by session: what was fixed when it was opened, prices as first seen, a row a session."""
