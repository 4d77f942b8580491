"""Films to larger films, plane by plane, with a journal; a stream that keeps its pace (PyAV)."""
