"""Finding the best hedge of a few names for a book or a trade."""
