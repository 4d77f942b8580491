"""What can compute: LiteRT, OpenVINO, ONNX Runtime; what ran; whether its numbers are right."""
