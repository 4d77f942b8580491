"""What can compute: LiteRT, OpenVINO; what really ran; whether its numbers are right here."""
