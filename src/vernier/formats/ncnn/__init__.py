"""ncnn's `.param` and `.bin` files to a graph."""
