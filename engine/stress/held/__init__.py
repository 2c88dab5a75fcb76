"""Books of shares and options: what they are worth, require and may lose, every option revalued."""
