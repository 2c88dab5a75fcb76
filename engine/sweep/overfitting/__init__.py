"""How much of the best of many is luck: deflated Sharpe ratios, ranks out of sample, tests of all at once."""
