"""Tests of what a sweep tries."""
