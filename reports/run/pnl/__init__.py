"""Where a run's P&L came from: tickers, causes, strategies, currencies, factors, time."""
