"""Pictures and bundles against references: the tables of `metrics` and `eval`."""
