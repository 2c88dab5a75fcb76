"""A ticket as a page, a folder and tables."""
