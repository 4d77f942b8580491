"""How long every unit takes on every processor, and every switch between them."""
