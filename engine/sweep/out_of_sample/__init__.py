"""Splits of sessions and of events into what is fitted on and what is tested on, without a leak between them."""
