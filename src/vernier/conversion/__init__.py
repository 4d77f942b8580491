"""Float <-> INT8 between the segments of a split."""
