"""The quality gate: what in prices looks wrong, by rules with stated limits."""
