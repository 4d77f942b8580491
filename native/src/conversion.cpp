#include "conversion.hpp"

#include <chrono>
#include <cmath>
#include <cstring>

#include "vernier/runner.hpp"

namespace vernier {
namespace {

// A float from here to its double has the unit as its last bit: adding it rounds to an integer,
// halves to even, and leaves that in the low bits.
constexpr float kShift = 12582912.0f;
constexpr int kRounds = 3;

int bits(float value) {
  int found;
  std::memcpy(&found, &value, sizeof found);
  return found;
}

// A NaN is not below `highest` and becomes it.
inline int rounded(float x, float inverse, float lowest, float highest) {
  float v = x * inverse;
  v = v < highest ? v : highest;
  v = v > lowest ? v : lowest;
  return bits(v + kShift) - bits(kShift);
}

class Plain : public Conversion {
 public:
  Plain(const Tensor& source, const Tensor& target)
      : source_(source), target_(target), direction_(direction_of(source.port, target.port)) {
    if (direction_ == Direction::requantize) rescaling_ = rescaling_of(source.port, target.port);
  }

  const std::string& name() const override {
    static const std::string plain = "plain";
    return plain;
  }

  void run() override {
    const size_t count = source_.port.count();
    if (direction_ == Direction::dequantize) {
      const int8_t* codes = static_cast<const int8_t*>(source_.memory);
      float* reals = static_cast<float*>(target_.memory);
      const float scale = source_.port.scale, zero = float(source_.port.zero_point);
      for (size_t i = 0; i < count; ++i) reals[i] = (float(codes[i]) - zero) * scale;
    } else if (direction_ == Direction::quantize) {
      const float* reals = static_cast<const float*>(source_.memory);
      int8_t* codes = static_cast<int8_t*>(target_.memory);
      const int zero = target_.port.zero_point;
      const float inverse = 1.0f / target_.port.scale, lowest = float(-128 - zero),
                  highest = float(127 - zero);
      for (size_t i = 0; i < count; ++i)
        codes[i] = static_cast<int8_t>(rounded(reals[i], inverse, lowest, highest) + zero);
    } else {
      const int8_t* given = static_cast<const int8_t*>(source_.memory);
      int8_t* codes = static_cast<int8_t*>(target_.memory);
      for (size_t i = 0; i < count; ++i) {
        const int code = (given[i] * rescaling_.factor + rescaling_.bias) >> 8;
        codes[i] = static_cast<int8_t>(code < -128 ? -128 : code > 127 ? 127 : code);
      }
    }
  }

 private:
  const Tensor& source_;
  const Tensor& target_;
  Direction direction_;
  Rescaling rescaling_{};
};

double fastest_ms(Conversion& conversion) {
  double best = HUGE_VAL;
  for (int round = 0; round < kRounds; ++round) {
    const auto started = std::chrono::steady_clock::now();
    conversion.run();
    best = std::min(
        best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count());
  }
  return best;
}

}  // namespace

int encode(float real, float scale, int zero_point, int lowest, int highest) {
  return rounded(real, 1.0f / scale, float(lowest - zero_point), float(highest - zero_point)) + zero_point;
}

Direction direction_of(const Port& source, const Port& target) {
  const bool from_codes = source.type == kLiteRtElementTypeInt8 && source.scale > 0;
  const bool to_codes = target.type == kLiteRtElementTypeInt8 && target.scale > 0;
  if (source.count() != target.count())
    throw Error("expected a conversion between tensors of one size, found two");
  if (from_codes && to_codes) return Direction::requantize;
  if (from_codes && target.type == kLiteRtElementTypeFloat32) return Direction::dequantize;
  if (to_codes && source.type == kLiteRtElementTypeFloat32) return Direction::quantize;
  throw Error("expected a conversion between float32 and int8 with a scale, found other tensors");
}

Rescaling rescaling_of(const Port& source, const Port& target) {
  const float ratio = source.scale / target.scale;
  if (!(ratio >= 1.0f / 256 && ratio < 128.0f))
    throw Error(
        "expected two INT8 tensors whose scales are within 2^-8 and 2^7 of each other, found a ratio of " +
        std::to_string(ratio));
  const int factor = static_cast<int>(std::nearbyint(256.0f * ratio));
  return {factor, 128 - source.zero_point * factor + (target.zero_point << 8)};
}

std::unique_ptr<Conversion> convert(const Tensor& source, const Tensor& target, const std::string& method) {
  // A compiler that may reorder sums takes the rounding out.
  volatile float half = 2.5f, scale = 0.1f;
  if (encode(half, 1.0f, 0, -128, 127) != 2 || encode(-half, 1.0f, 0, -128, 127) != -2 ||
      encode(half * scale, scale, 7, -128, 127) != 9)
    throw Error("this build rounds wrongly; compile it without -ffast-math");
  auto plain = std::make_unique<Plain>(source, target);
  if (method == "plain") return plain;
  std::string reason;
  auto open_cl = convert_by_open_cl(source, target, reason);
  if (open_cl == nullptr) {
    if (method == "opencl") throw Error("expected an OpenCL for conversions, found none: " + reason);
    return plain;
  }
  if (method == "opencl" || fastest_ms(*open_cl) < fastest_ms(*plain)) return open_cl;
  return plain;
}

}  // namespace vernier
