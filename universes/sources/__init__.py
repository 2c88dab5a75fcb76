"""Where prices come from: files, databases, the price store, the web; each source is a small file of its own."""
