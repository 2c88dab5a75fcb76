"""What a person sees of an attempt to refute a strategy."""
