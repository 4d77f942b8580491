#include "tiles.hpp"

#include <algorithm>
#include <string>

#include "vernier/runner.hpp"

namespace vernier {

std::vector<Span> cut_side(int length, int size, int halo, int step) {
  if (size >= length) return {{0, length, 0, length}};
  if (size <= 2 * halo)
    throw Error("tiles of " + std::to_string(size) + " pixels leave nothing between two halos of " +
                std::to_string(halo) + "; use tiles of at least " + std::to_string(2 * halo + 1) + " pixels");
  std::vector<Span> spans;
  for (int start = 0, first = 0; first < length;) {
    const int last = start + size >= length ? length : start + size - halo;
    spans.push_back({start, size, first, last});
    first = last;
    start = std::min((first - halo) / step * step, length - size);
  }
  return spans;
}

}  // namespace vernier
