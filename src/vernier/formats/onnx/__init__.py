"""ONNX files to a graph, and back."""
