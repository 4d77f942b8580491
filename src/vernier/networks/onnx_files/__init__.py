"""ONNX files as our graphs, operator by operator."""
