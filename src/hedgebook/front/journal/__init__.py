"""The journal's file: entries that are appended, chained by hash and never changed."""
