"""Chains of listed options: quotes of one underlying at some moments, read from files and cleaned."""
