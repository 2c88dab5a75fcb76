"""Commands that try to find a result wrong."""
