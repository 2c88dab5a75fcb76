"""Who runs a sweep: threads of this machine or a Dask cluster, chunk after chunk, until done or stopped."""
