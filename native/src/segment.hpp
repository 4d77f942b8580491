// A `.tflite` file on LiteRT's CPU, fitted to a tile.
#ifndef VERNIER_SEGMENT_HPP
#define VERNIER_SEGMENT_HPP

#include <memory>
#include <string>
#include <vector>

#include "litert_api.h"

namespace vernier {

// Throws Error where a call of LiteRT fails.
void check(LiteRtStatus status, const std::string& what);

class Environment {
 public:
  Environment();
  ~Environment() { LiteRtDestroyEnvironment(raw); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  LiteRtEnvironment raw = nullptr;
};

// What a tensor of NHWC is.
struct Port {
  int type = 0;  // kLiteRtElementType...
  int height = 0, width = 0, channels = 0;
  float scale = 0;  // of INT8's codes; 0 where it has none
  int zero_point = 0;

  size_t count() const { return size_t(height) * size_t(width) * size_t(channels); }
  bool same_codes(const Port& other) const {
    return type == other.type && scale == other.scale && zero_point == other.zero_point;
  }
};

// A tensor's memory, which LiteRT reads and writes where it is.
class Tensor {
 public:
  Tensor(const Environment& environment, const Port& port, size_t bytes);
  ~Tensor();
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  const Port port;
  const size_t bytes;
  LiteRtTensorBuffer raw = nullptr;
  void* memory = nullptr;  // good as long as the tensor
};

// A file as it was exported: what it holds, before it is fitted to a size.
class Model {
 public:
  // The content must outlive it.
  Model(const Environment& environment, const char* content, size_t size, const std::string& name);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  std::string name;
  LiteRtModel raw = nullptr;
  std::vector<Port> inputs, outputs;
  bool all_int8 = true;    // every operator's result
  bool some_int8 = false;  // one of them
  int multiple = 1;        // what sides of pictures are multiples of

  // The content for an input of another height and width: operators that resize to a size say
  // another one. Empty where none does. (A transposed convolution's size follows its input.)
  std::string fitted(int height, int width) const;

 private:
  void note_size(LiteRtOp op);

  const char* content_;
  size_t bytes_;
  std::vector<size_t> sizes_;  // places of 32-bit heights, each with its width behind it
};

// The same at one size, ready to run.
class Segment {
 public:
  Segment(const Environment& environment, const Model& model, const std::vector<Port>& inputs, int threads);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  std::vector<Port> outputs;
  std::vector<size_t> input_bytes, output_bytes;  // that LiteRT wants of memory

  void run(std::vector<LiteRtTensorBuffer>& given, std::vector<LiteRtTensorBuffer>& made);

 private:
  void release();

  std::string name_, content_;
  LiteRtModel model_ = nullptr;  // of `content_`, where that is not the bundle's own
  LiteRtCompiledModel raw_ = nullptr;
};

}  // namespace vernier

#endif
