"""Runs a bundle over a picture: segments, conversions, tiles, pipeline, the choice of processor."""
