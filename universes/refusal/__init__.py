"""How what cannot be used is told: what a value of somebody else may be, and what pydantic finds wrong with it."""
