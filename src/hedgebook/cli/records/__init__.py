"""Commands about what was run before."""
