"""Options beside stock in one simulation and one ledger: what is traded, how it runs, what it explains and requires."""
