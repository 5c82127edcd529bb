"""One file a schema change, numbered; the first is 0001."""
