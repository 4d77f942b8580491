// A picture through a bundle, from PPM to PPM:
//
//     vernier-enlarge BUNDLE SMALL.ppm LARGE.ppm [--threads N] [--tile N] [--conversion plain|opencl|auto]
//
// What was asked and what ran is printed. Other formats: `convert photo.jpg photo.ppm`, or pnmtopng.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "vernier/runner.hpp"

namespace {

using vernier::Error;
using vernier::Picture;

int number(std::istream& file, const std::string& path) {
  char c;
  while (file.get(c) && (std::isspace(static_cast<unsigned char>(c)) || c == '#'))
    if (c == '#') file.ignore(1 << 20, '\n');
  file.unget();
  int value = 0;
  if (!(file >> value) || value < 1 || value > 1 << 20)
    throw Error(path + ": expected a PPM picture of 8 bits (P6), found none");
  return value;
}

Picture read_ppm(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[2] = {0, 0};
  if (!file.read(magic, 2) || magic[0] != 'P' || magic[1] != '6')
    throw Error(path + ": expected a PPM picture of 8 bits (P6), found none");
  Picture picture;
  picture.width = number(file, path);
  picture.height = number(file, path);
  if (number(file, path) != 255) throw Error(path + ": expected 8 bits for a sample, found others");
  file.get();
  picture.rgb.resize(size_t(picture.width) * size_t(picture.height) * 3);
  if (!file.read(reinterpret_cast<char*>(picture.rgb.data()),
                 static_cast<std::streamsize>(picture.rgb.size())))
    throw Error(path + ": expected " + std::to_string(picture.rgb.size()) + " bytes of pixels, found fewer");
  return picture;
}

// Under a name of its own until it is whole.
void write_ppm(const Picture& picture, const std::string& path) {
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::binary);
  file << "P6\n" << picture.width << " " << picture.height << "\n255\n";
  file.write(reinterpret_cast<const char*>(picture.rgb.data()),
             static_cast<std::streamsize>(picture.rgb.size()));
  file.close();
  if (!file || std::rename(part.c_str(), path.c_str()) != 0) {
    std::remove(part.c_str());
    throw Error(path + ": cannot be written");
  }
}

int value_of(const std::string& name, const char* text) {
  char* end = nullptr;
  const long found = std::strtol(text, &end, 10);
  if (end == text || *end != '\0' || found < 0 || found > 1 << 20)
    throw Error(name + ": expected a number, found " + text);
  return static_cast<int>(found);
}

}  // namespace

int main(int count, char** words) {
  try {
    vernier::Options options;
    std::vector<std::string> files;
    for (int i = 1; i < count; ++i) {
      const std::string word = words[i];
      if (word.compare(0, 2, "--") != 0) {
        files.push_back(word);
        continue;
      }
      if (++i == count) throw Error(word + ": expected a value after it");
      if (word == "--threads")
        options.threads = value_of(word, words[i]);
      else if (word == "--tile")
        options.tile = value_of(word, words[i]);
      else if (word == "--conversion")
        options.conversion = words[i];
      else
        throw Error("expected --threads, --tile or --conversion, found " + word);
    }
    if (files.size() != 3)
      throw Error(
          "expected BUNDLE SMALL.ppm LARGE.ppm [--threads N] [--tile N] [--conversion plain|opencl|auto]");
    const Picture small = read_ppm(files[1]);
    vernier::Runner runner(files[0], options);
    write_ppm(runner.enlarge(small), files[2]);
    const vernier::Report& report = runner.report();
    std::printf("%s, x%d, %d tiles of %dx%d\n", runner.name().c_str(), runner.scale(), report.tiles,
                report.tile_width, report.tile_height);
    for (const vernier::Step& step : report.steps)
      std::printf("%s\t%s\t%s\t%.3f ms\n", step.kind.c_str(), step.asked.c_str(), step.ran.c_str(), step.ms);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 2;
  }
}
