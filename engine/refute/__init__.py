"""Tests that a result must pass before it counts as more than luck, and the rule that turns them into a verdict."""
