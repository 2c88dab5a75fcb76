"""How a result came to be, written down so that it can be made again: the manifest of a folder, and its replay."""
