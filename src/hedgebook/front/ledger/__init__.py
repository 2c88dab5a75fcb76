"""The trial ledger: a line for every run, sweep and search of a workspace, to judge luck by all of them."""
