"""A network cut into units, the split that places them, and the segments that come of it."""
