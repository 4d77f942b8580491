"""A network by all methods on one machine: pictures, scores and times as files."""
