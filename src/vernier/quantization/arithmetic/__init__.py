"""INT8 operators in whole numbers, equal to LiteRT's kernels."""
