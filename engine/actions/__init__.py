"""Corporate actions as the loop takes them, and what they did to positions."""
