"""Reports: what a person sees of a run, as tables, figures, HTML and files."""
