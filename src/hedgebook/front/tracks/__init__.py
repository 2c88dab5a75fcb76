"""What a document of returns is made of: tracks, their benchmark, the best set of a sweep."""
