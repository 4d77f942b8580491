// Float to INT8 and back between segments, with the arithmetic of src/vernier/conversion/tables.py.
#ifndef VERNIER_CONVERSION_HPP
#define VERNIER_CONVERSION_HPP

#include <memory>
#include <string>

#include "segment.hpp"

namespace vernier {

class Conversion {
 public:
  virtual ~Conversion() = default;
  virtual void run() = 0;
  virtual const std::string& name() const = 0;
};

enum class Direction { quantize, dequantize, requantize };

// The factor of a requantisation in 1/256 and what is added before the shift.
struct Rescaling {
  int factor, bias;
};

// What converts a tensor into another of as many elements. Throws Error where their formats do not
// call for it.
Direction direction_of(const Port& source, const Port& target);
Rescaling rescaling_of(const Port& source, const Port& target);

// `method` is "plain", "opencl" or "auto": both are timed on the tensors, and the faster one is kept.
std::unique_ptr<Conversion> convert(const Tensor& source, const Tensor& target, const std::string& method);

// By the kernels that Python runs too; null with a reason where no OpenCL is here, or none that
// computes them rightly.
std::unique_ptr<Conversion> convert_by_open_cl(const Tensor& source, const Tensor& target,
                                               std::string& reason);

// Codes of 8 bits as Python computes them: `lowest` to `highest`, halves to even.
int encode(float real, float scale, int zero_point, int lowest, int highest);

}  // namespace vernier

#endif
