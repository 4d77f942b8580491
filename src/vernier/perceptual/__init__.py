"""A network that imitates a metric and can be descended, and what it learns from."""
