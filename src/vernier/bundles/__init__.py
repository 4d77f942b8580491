"""The file format: manifest, reading, checking, and the bundles that come with Vernier."""
