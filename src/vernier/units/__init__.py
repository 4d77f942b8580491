"""A graph cut into units; a split as a value and a file; the segments of a placed graph."""
