"""Trying to refute a strategy: placebos, twins and controls, and the verdict."""
