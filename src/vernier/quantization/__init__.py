"""Ranges, calibration, a float graph as an INT8 graph; integer arithmetic; the pair bound."""
