"""From a network, photos and a budget to a bundle that keeps it: search, export, verify."""
