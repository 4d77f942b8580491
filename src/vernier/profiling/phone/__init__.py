"""A phone's times through `adb` and LiteRT's `benchmark_model`."""
