// Runs a Vernier bundle on LiteRT, from a picture to a larger one, as Python's runtime does.
//
//     vernier::Runner runner("my-bundle");
//     vernier::Picture large = runner.enlarge(small);
//
// Link with libLiteRt.so. docs/native.md says how to put it into an app.
#ifndef VERNIER_RUNNER_HPP
#define VERNIER_RUNNER_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace vernier {

// What went wrong, in a line: what was expected, what was found, what to do.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// 8-bit RGB of sRGB, row by row: 3 * width * height bytes.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;
};

struct Options {
  int threads = 0;  // of each segment; 0 for all cores
  // Sides of tiles in low-resolution pixels. Whatever it is, the picture is the same.
  int tile = 512;
  // Between float and INT8: "plain", "opencl", or "auto" for the faster one, timed on this device.
  std::string conversion = "auto";
};

// One thing that was done for each tile, and how long it took for the last picture.
struct Step {
  std::string kind;   // "segment", "conversion" or "colours"
  std::string asked;  // the processor that the manifest names, or the two tensors
  std::string ran;    // what computed it
  double ms = 0;
};

struct Report {
  int tiles = 0;
  int tile_width = 0;
  int tile_height = 0;
  std::vector<Step> steps;
};

// Told after each tile; answers whether to go on.
using Progress = std::function<bool(int done, int of)>;

// A bundle, opened and checked. Not to be shared between threads.
class Runner {
 public:
  // The bundle's folder. Throws Error where it is not sound, or not for this version.
  explicit Runner(const std::string& folder, const Options& options = {});
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  int scale() const;  // whole factor
  const std::string& name() const;

  // The picture, `scale` times as wide and as high. Throws Error, also where `progress` says stop.
  Picture enlarge(const Picture& picture, const Progress& progress = {});

  // What was asked and what ran for the last picture.
  const Report& report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vernier

#endif
