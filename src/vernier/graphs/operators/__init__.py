"""What each operator is: shape, arithmetic, products, reach, INT8 form."""
