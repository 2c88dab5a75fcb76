"""Compiled prices of options: the normal distribution over arrays, exercise boundaries, volatilities."""
