#include "embedded.hpp"

#include <map>

// clang-format off
// Symbols of the whole library, hidden from others: a linker mixes up local ones that are reached by
// way of a table. VERNIER_DATA is the folder native/data, in quotes, set by the build.
#define VERNIER_PLACE(symbol) ".globl " #symbol "\n.hidden " #symbol "\n" #symbol ":\n"
#define VERNIER_EMBED(symbol, file)                                           \
  __asm__(".section .rodata\n.balign 64\n"                                    \
          VERNIER_PLACE(symbol) ".incbin \"" VERNIER_DATA "/" file "\"\n"     \
          VERNIER_PLACE(symbol##_end) ".byte 0\n.previous\n");                \
  extern "C" __attribute__((visibility("hidden"))) const char symbol[];       \
  extern "C" __attribute__((visibility("hidden"))) const char symbol##_end[];
#define VERNIER_ENTRY(symbol, file) {file, {symbol, size_t(symbol##_end - symbol)}},

#define VERNIER_FILES(use)                                         \
  use(vernier_conversion, "conversion.cl")                         \
  use(vernier_x2_float32_front, "x2_float32_front.tflite")         \
  use(vernier_x2_float32_back, "x2_float32_back.tflite")           \
  use(vernier_x2_int8_front, "x2_int8_front.tflite")               \
  use(vernier_x2_int8_back, "x2_int8_back.tflite")                 \
  use(vernier_x3_float32_front, "x3_float32_front.tflite")         \
  use(vernier_x3_float32_back, "x3_float32_back.tflite")           \
  use(vernier_x3_int8_front, "x3_int8_front.tflite")               \
  use(vernier_x3_int8_back, "x3_int8_back.tflite")                 \
  use(vernier_x4_float32_front, "x4_float32_front.tflite")         \
  use(vernier_x4_float32_back, "x4_float32_back.tflite")           \
  use(vernier_x4_int8_front, "x4_int8_front.tflite")               \
  use(vernier_x4_int8_back, "x4_int8_back.tflite")
// clang-format on

VERNIER_FILES(VERNIER_EMBED)

namespace vernier {

Embedded embedded(const std::string& name) {
  static const std::map<std::string, Embedded> files = {VERNIER_FILES(VERNIER_ENTRY)};
  const auto found = files.find(name);
  return found == files.end() ? Embedded{} : found->second;
}

}  // namespace vernier
