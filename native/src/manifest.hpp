// A bundle's manifest.json; src/vernier/bundles/manifest.py says what each entry means.
#ifndef VERNIER_MANIFEST_HPP
#define VERNIER_MANIFEST_HPP

#include <string>
#include <vector>

namespace vernier {

struct SegmentEntry {
  std::string file, processor;
  std::vector<std::string> inputs, outputs;
  std::string model;  // the file's bytes, of the SHA-256 that the manifest names
};

struct ConversionEntry {
  std::string source, target;
};

struct Manifest {
  std::string name;
  int scale = 0, channels = 0;
  int halo = -1;  // negative where the picture cannot be tiled
  std::vector<SegmentEntry> segments;
  std::vector<ConversionEntry> conversions;
  std::string input, output;  // tensors
};

// Reads the folder's manifest and files. Throws Error.
Manifest read_bundle(const std::string& folder);

// In hexadecimal digits (FIPS 180-4).
std::string sha256(const std::string& content);

}  // namespace vernier

#endif
