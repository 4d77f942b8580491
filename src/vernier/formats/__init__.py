"""A graph to a `.tflite` file and back; ONNX files to a graph."""
