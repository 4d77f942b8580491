#include "manifest.hpp"

#include <cmath>
#include <fstream>
#include <sstream>

#include "json.hpp"
#include "vernier/runner.hpp"

namespace vernier {
namespace {

constexpr int kNewestFormat = 2;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path + ": expected a bundle's file, found none that can be read");
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

class Reader {
 public:
  explicit Reader(const std::string& origin) : origin_(origin) {}

  std::string text(const Json& value, const std::string& what) const {
    if (value.kind != Json::text || value.string.empty()) fail(what, "a name");
    return value.string;
  }

  int whole(const Json& value, const std::string& what, int least, int most) const {
    if (value.kind != Json::number || value.real != std::floor(value.real) || value.real < least ||
        value.real > most)
      fail(what, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return static_cast<int>(value.real);
  }

  std::vector<std::string> names(const Json& value, const std::string& what) const {
    if (value.kind != Json::list) fail(what, "a list of names");
    std::vector<std::string> found;
    for (const Json& item : value.items) found.push_back(text(item, what));
    return found;
  }

  [[noreturn]] void fail(const std::string& what, const std::string& expected) const {
    throw Error(origin_ + ": expected " + expected + " for " + what);
  }

 private:
  std::string origin_;
};

// One plain name: a manifest can never point outside its own bundle.
bool is_plain(const std::string& name) {
  const std::string end = ".tflite";
  if (name.size() <= end.size() || name.compare(name.size() - end.size(), end.size(), end) ||
      !std::isalnum(static_cast<unsigned char>(name[0])))
    return false;
  for (const char c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.' && c != '-') return false;
  return true;
}

}  // namespace

Manifest read_bundle(const std::string& folder) {
  const std::string path = folder + "/manifest.json";
  const Json json = parse_json(read_file(path), path);
  const Reader reader(path);
  const int format = reader.whole(json["format"], "format", 1, 1 << 30);
  if (format > kNewestFormat)
    throw Error(path + ": expected format " + std::to_string(kNewestFormat) + " or older, found " +
                std::to_string(format) + "; use a newer runner");
  Manifest made;
  made.name = reader.text(json["name"], "name");
  const Json& network = json["network"];
  made.scale = reader.whole(network["scale"], "network.scale", 1, 16);
  made.channels = reader.whole(network["channels"], "network.channels", 1, 3);
  if (made.channels == 2) reader.fail("network.channels", "1 or 3");
  if (network["halo"].kind != Json::null)
    made.halo = reader.whole(network["halo"], "network.halo", 0, 1 << 20);
  for (const Json& entry : json["segments"].items) {
    SegmentEntry segment;
    segment.file = reader.text(entry["file"], "a segment's file");
    if (!is_plain(segment.file)) reader.fail("a segment's file", "the plain name of a .tflite file");
    segment.processor = reader.text(entry["processor"], "a segment's processor");
    segment.inputs = reader.names(entry["inputs"], "a segment's inputs");
    segment.outputs = reader.names(entry["outputs"], "a segment's outputs");
    if (segment.inputs.empty() || segment.outputs.empty()) reader.fail(segment.file, "inputs and outputs");
    segment.model = read_file(folder + "/" + segment.file);
    if (sha256(segment.model) != reader.text(entry["sha256"], "a segment's sha256"))
      throw Error(folder + "/" + segment.file +
                  ": expected the file that the manifest names by its SHA-256, found another; export the "
                  "bundle again");
    made.segments.push_back(std::move(segment));
  }
  if (made.segments.empty()) reader.fail("segments", "one or more");
  for (const Json& entry : json["conversions"].items)
    made.conversions.push_back({reader.text(entry["source"], "a conversion's source"),
                                reader.text(entry["target"], "a conversion's target")});
  made.input = json["input"].kind == Json::null ? made.segments.front().inputs[0]
                                                : reader.text(json["input"], "input");
  made.output = json["output"].kind == Json::null ? made.segments.back().outputs[0]
                                                  : reader.text(json["output"], "output");
  return made;
}

std::string sha256(const std::string& content) {
  // Fractional parts of the cube and square roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3).
  uint32_t constants[64], state[8];
  for (int prime = 2, count = 0; count < 64; ++prime) {
    bool divides = false;
    for (int by = 2; by * by <= prime; ++by) divides |= prime % by == 0;
    if (divides) continue;
    const auto bits = [](long double root) {
      return static_cast<uint32_t>((root - std::floor(root)) * 4294967296.0L);
    };
    if (count < 8) state[count] = bits(std::sqrt(static_cast<long double>(prime)));
    constants[count++] = bits(std::cbrt(static_cast<long double>(prime)));
  }
  const auto turn = [](uint32_t x, int by) { return x >> by | x << (32 - by); };
  std::string padded = content + '\x80';
  padded.append((120 - padded.size() % 64) % 64, '\0');
  for (int byte = 7; byte >= 0; --byte)
    padded += static_cast<char>(uint64_t(content.size()) * 8 >> (8 * byte) & 255);
  for (size_t block = 0; block < padded.size(); block += 64) {
    uint32_t words[64];
    for (int i = 0; i < 16; ++i) {
      words[i] = 0;
      for (int byte = 0; byte < 4; ++byte)
        words[i] = words[i] << 8 | static_cast<unsigned char>(padded[block + size_t(4 * i + byte)]);
    }
    for (int i = 16; i < 64; ++i) {
      const uint32_t a = words[i - 15], b = words[i - 2];
      words[i] = words[i - 16] + words[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
                 (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
    uint32_t s[8];
    for (int i = 0; i < 8; ++i) s[i] = state[i];
    for (int i = 0; i < 64; ++i) {
      const uint32_t first = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
                             ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + words[i];
      const uint32_t second =
          (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      for (int j = 7; j > 0; --j) s[j] = s[j - 1];
      s[4] += first;
      s[0] = first + second;
    }
    for (int i = 0; i < 8; ++i) state[i] += s[i];
  }
  std::string digits;
  for (const uint32_t word : state)
    for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[word >> shift & 15];
  return digits;
}

}  // namespace vernier
