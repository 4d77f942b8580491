"""Everything that writes a bundle: whole networks, splits, with their damage."""
