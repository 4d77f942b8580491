"""What a split's picture will be, code by code, with gradients."""
