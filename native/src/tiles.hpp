// Cutting a picture into tiles that give exactly what the whole would; see src/vernier/runtime/tiles.py.
#ifndef VERNIER_TILES_HPP
#define VERNIER_TILES_HPP

#include <vector>

namespace vernier {

// A side of a tile: it reads `size` pixels from `start`, and answers for `first` up to `last`.
struct Span {
  int start, size, first, last;
};

// Spans of one size that answer for each of `length` pixels once; starts are multiples of `step`.
// Throws Error where a size leaves nothing between two halos.
std::vector<Span> cut_side(int length, int size, int halo, int step);

}  // namespace vernier

#endif
