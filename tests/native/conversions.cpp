// One conversion by name: `conversions METHOD DIRECTION SCALE ZERO OTHER_SCALE OTHER_ZERO` reads a
// tensor from its input and writes the converted one.
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>

#include "conversion.hpp"

int main(int, char** words) {
  using namespace vernier;
  const std::string method = words[1], direction = words[2];
  const std::string given((std::istreambuf_iterator<char>(std::cin)), {});
  Port codes, other;
  codes.type = other.type = kLiteRtElementTypeInt8;
  codes.height = codes.channels = 1;
  codes.scale = std::strtof(words[3], nullptr);
  codes.zero_point = std::atoi(words[4]);
  codes.width = static_cast<int>(direction == "quantize" ? given.size() / sizeof(float) : given.size());
  other.height = other.channels = 1;
  other.width = codes.width;
  other.scale = std::strtof(words[5], nullptr);
  other.zero_point = std::atoi(words[6]);
  if (other.scale == 0) other.type = kLiteRtElementTypeFloat32;
  const size_t other_bytes = other.count() * (other.scale == 0 ? sizeof(float) : 1);
  const Environment environment;
  const Tensor coded(environment, codes, codes.count()), real(environment, other, other_bytes);
  const bool back = direction == "quantize";
  const Tensor& from = back ? real : coded;
  const Tensor& to = back ? coded : real;
  try {
    const auto conversion = convert(from, to, method);
    std::memcpy(from.memory, given.data(), given.size());
    conversion->run();
    std::cout.write(static_cast<const char*>(to.memory), static_cast<std::streamsize>(to.bytes));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what();
    return 2;
  }
}
