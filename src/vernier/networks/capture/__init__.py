"""A PyTorch module as a graph."""
