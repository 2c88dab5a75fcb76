"""The best hedge of a few names, among all of them."""
