"""Float <-> INT8 between segments; the method is chosen by measuring."""
