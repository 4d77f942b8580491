"""For all tests."""

from hypothesis import settings

# What a test may do is bounded by its examples; how long it takes depends on who else is busy.
settings.register_profile("vernier", deadline=None)
settings.load_profile("vernier")
