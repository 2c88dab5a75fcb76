"""The page of a journal."""
