"""A graph to a `.tflite` file and back; ONNX and ncnn files to a graph."""
