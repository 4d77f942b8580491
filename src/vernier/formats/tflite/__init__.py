"""A graph to a `.tflite` file and back."""
