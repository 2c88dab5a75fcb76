"""How risky a book or a return series is: value at risk and its backtests, drawdowns, metrics, rolling figures."""
