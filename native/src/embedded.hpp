// native/data as part of the program.
#ifndef VERNIER_EMBEDDED_HPP
#define VERNIER_EMBEDDED_HPP

#include <cstddef>
#include <string>

namespace vernier {

struct Embedded {
  const char* content = nullptr;  // null where there is none of that name
  size_t size = 0;
};

// Such as "x2_float32_front.tflite"; aligned to 64 bytes.
Embedded embedded(const std::string& name);

}  // namespace vernier

#endif
