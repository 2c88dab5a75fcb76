"""Where results of a sweep go: chunks, in memory or as Parquet parts in a folder, and how they are read back."""
