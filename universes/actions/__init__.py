"""Corporate actions: what becomes of a share beside its price."""
