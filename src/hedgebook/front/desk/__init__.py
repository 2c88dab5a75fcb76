"""What a desk asks before a trade."""
