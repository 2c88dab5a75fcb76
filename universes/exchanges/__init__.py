"""Exchanges with sessions, hours and currencies of their own in one market."""
