"""Options: prices, sensitivities, implied volatilities, and what quotes imply of carry and events."""
