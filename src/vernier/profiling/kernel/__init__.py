"""What a kernel's trace says of a switch."""
