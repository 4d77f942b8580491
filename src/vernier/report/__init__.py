"""A comparison as one HTML page that opens offline; pairs without names for people's eyes."""
