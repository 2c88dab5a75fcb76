"""Books over several exchanges and currencies."""
