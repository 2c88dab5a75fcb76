"""Reports as PDF: the same sections as on the page, set by typst without a browser or a network."""
