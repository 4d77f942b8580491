#include "vernier/runner.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>

#include "conversion.hpp"
#include "embedded.hpp"
#include "manifest.hpp"
#include "segment.hpp"
#include "tiles.hpp"

namespace vernier {
namespace {

constexpr int kColours = 3;
constexpr int kChromaRadius = 2;  // of the bicubic that enlarges chroma
const char* const kFront = "vernier/front";
const char* const kPacked = "vernier/packed";
const char* const kColourTensor = "vernier/colours";
const char* const kPicture = "vernier/picture";
const char* const kResult = "vernier/result";

int up_to_multiple(int length, int step) { return (length + step - 1) / step * step; }

// Index of a picture's row or column beyond its end: mirrored, the border itself not repeated.
int mirrored(int index, int length) {
  if (length == 1) return 0;
  const int period = 2 * (length - 1);
  index %= period;
  return index < length ? index : period - index;
}

// Everything at one tile's size: tensors, and what is done with them in turn.
class Chain {
 public:
  struct Timed {
    Step step;
    std::function<void()> run;
  };

  Chain(const Environment& environment, const Options& options)
      : environment_(environment), options_(options) {}

  std::vector<Timed> steps;

  Tensor& tensor(const std::string& name) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end())
      throw Error(
          "expected the tensor " + name +
          " to be computed before it is read; the manifest names no segment and no conversion that does");
    return *found->second;
  }

  bool has(const std::string& name) const { return tensors_.count(name) != 0; }

  Tensor& add(const std::string& name, const Port& port, size_t bytes = 0) {
    const size_t needed = port.count() * (port.type == kLiteRtElementTypeFloat32 ? sizeof(float) : 1);
    return *(tensors_[name] = std::make_unique<Tensor>(environment_, port, std::max(needed, bytes)));
  }

  // A segment on tensors by name; those that it reads must be there.
  void segment(const Model& model, const std::string& kind, const std::string& asked,
               const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
    if (inputs.size() != model.inputs.size() || outputs.size() != model.outputs.size())
      throw Error(model.name + ": expected as many tensors as the manifest names");
    std::vector<Port> ports;
    for (size_t i = 0; i < inputs.size(); ++i) {
      ports.push_back(tensor(inputs[i]).port);
      if (!ports.back().same_codes(model.inputs[i]) || ports.back().channels != model.inputs[i].channels)
        throw Error(model.name + ": expected " + inputs[i] +
                    " as it reads it, found another type, scale or number of channels");
    }
    segments_.push_back(std::make_unique<Segment>(environment_, model, ports, options_.threads));
    Segment* const loaded = segments_.back().get();
    std::vector<LiteRtTensorBuffer> given, made;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (loaded->input_bytes[i] > tensor(inputs[i]).bytes)
        throw Error(model.name + ": wants more memory for " + inputs[i] + " than the tensor has");
      given.push_back(tensor(inputs[i]).raw);
    }
    for (size_t i = 0; i < outputs.size(); ++i)
      made.push_back(add(outputs[i], loaded->outputs[i], loaded->output_bytes[i]).raw);
    const std::string ran = std::string("litert:cpu:") + (model.all_int8 ? "int8" : "float32");
    const std::string both = model.some_int8 && !model.all_int8 ? " and int8" : "";
    steps.push_back(
        {{kind, asked, ran + both}, [loaded, given, made]() mutable { loaded->run(given, made); }});
  }

  // Does nothing but give the tensor its other name where the two are alike.
  void conversion(const std::string& from, const std::string& to, const Port& wanted) {
    Tensor& source = tensor(from);
    Port port = source.port;
    port.type = wanted.type;
    port.scale = wanted.scale;
    port.zero_point = wanted.zero_point;
    if (port.same_codes(source.port)) {
      tensors_[to] = tensors_[from];
      return;
    }
    conversions_.push_back(convert(source, add(to, port), options_.conversion));
    Conversion* const made = conversions_.back().get();
    steps.push_back({{"conversion", from + " -> " + to, made->name()}, [made] { made->run(); }});
  }

 private:
  const Environment& environment_;
  const Options& options_;
  // Conversions know tensors, so they go first.
  std::map<std::string, std::shared_ptr<Tensor>> tensors_;
  std::vector<std::unique_ptr<Segment>> segments_;
  std::vector<std::unique_ptr<Conversion>> conversions_;
};

// The pixels of each block of `scale` by `scale` side by side as channels.
template <typename Sample>
void pack(const Tensor& source, Tensor& target, int scale) {
  const Sample* from = static_cast<const Sample*>(source.memory);
  Sample* to = static_cast<Sample*>(target.memory);
  const int width = target.port.width, channels = source.port.channels;
  for (int y = 0; y < target.port.height; ++y)
    for (int x = 0; x < width; ++x)
      for (int row = 0; row < scale; ++row) {
        const size_t count = size_t(scale) * size_t(channels);
        std::memcpy(to, from + (size_t(y * scale + row) * size_t(width) + size_t(x)) * count,
                    count * sizeof(Sample));
        to += count;
      }
}

}  // namespace

struct Runner::State {
  State(const std::string& folder, const Options& with) : options(with), manifest(read_bundle(folder)) {
    if (options.tile < 1 || options.threads < 0)
      throw Error("expected a tile of one or more pixels and 0 or more threads");
    if (options.conversion != "plain" && options.conversion != "opencl" && options.conversion != "auto")
      throw Error("expected plain, opencl or auto for conversions, found " + options.conversion);
    for (const SegmentEntry& entry : manifest.segments) {
      models.push_back(std::make_unique<Model>(environment, entry.model.data(), entry.model.size(),
                                               folder + "/" + entry.file));
      integer = integer && models.back()->all_int8 && models.back()->inputs[0].type == kLiteRtElementTypeInt8;
      multiple = std::max(multiple, models.back()->multiple);
    }
    integer = integer && manifest.conversions.empty() && manifest.channels == 1;
    const SegmentEntry& first = manifest.segments.front();
    const auto place = std::find(first.inputs.begin(), first.inputs.end(), manifest.input);
    if (place == first.inputs.end())
      throw Error(folder + ": expected the first segment to read " + manifest.input);
    entry = models.front()->inputs.at(size_t(place - first.inputs.begin()));
    if (entry.channels != manifest.channels)
      throw Error(folder + ": expected a network of " + std::to_string(manifest.channels) +
                  " channels, found " + std::to_string(entry.channels));
    if (manifest.channels == 1) {
      const std::string name = "x" + std::to_string(manifest.scale) + (integer ? "_int8_" : "_float32_");
      for (const char* part : {"front", "back"}) {
        const Embedded file = embedded(name + part + ".tflite");
        if (file.content == nullptr)
          throw Error(folder + ": expected a luma network of scale 2, 3 or 4, found " +
                      std::to_string(manifest.scale) +
                      "; add the scale to tools/native_files.py and src/embedded.cpp");
        (part[0] == 'f' ? front : back) =
            std::make_unique<Model>(environment, file.content, file.size, std::string("colours ") + part);
      }
    }
  }

  std::unique_ptr<Chain> make_chain(int height, int width) {
    auto made = std::make_unique<Chain>(environment, options);
    Port picture;
    picture.height = height;
    picture.width = width;
    picture.channels = kColours;
    picture.type = kLiteRtElementTypeUInt8;
    if (front != nullptr) {
      picture = front->inputs[0];
      picture.height = height;
      picture.width = width;
      made->add(kPicture, picture);
      made->segment(*front, "colours", "", {kPicture}, {kFront, kColourTensor});
    } else {
      picture.scale = 1.0f / 255;
      samples_in(*made, picture);
    }
    made->conversion(kFront, manifest.input, entry);
    network(*made);
    Tensor& large = made->tensor(manifest.output);
    if (large.port.height != height * manifest.scale || large.port.width != width * manifest.scale ||
        large.port.channels != manifest.channels)
      throw Error(manifest.name + ": expected a result of " + std::to_string(width * manifest.scale) + "x" +
                  std::to_string(height * manifest.scale) + ", found " + std::to_string(large.port.width) +
                  "x" + std::to_string(large.port.height) + "; the network takes one size of picture only");
    if (back != nullptr) {
      Port packed = large.port;
      packed.height = height;
      packed.width = width;
      packed.channels *= manifest.scale * manifest.scale;
      Tensor* const target = &made->add(kPacked, packed);
      const Tensor* const source = &large;
      const int scale = manifest.scale;
      made->steps.push_back({{"colours", "", "C++"}, [=] {
                               if (source->port.type == kLiteRtElementTypeFloat32)
                                 pack<float>(*source, *target, scale);
                               else
                                 pack<int8_t>(*source, *target, scale);
                             }});
      made->conversion(kPacked, "vernier/network_result", back->inputs[0]);
      made->segment(*back, "colours", "", {"vernier/network_result", kColourTensor}, {kResult});
    } else {
      samples_out(*made, large);
    }
    return made;
  }

  // The network of the bundle: its segments in their order, and each conversion as soon as it can be.
  void network(Chain& chain) {
    std::vector<ConversionEntry> waiting = manifest.conversions;
    const auto convert_all = [&] {
      for (auto entry = waiting.begin(); entry != waiting.end();) {
        if (!chain.has(entry->source)) {
          ++entry;
          continue;
        }
        chain.conversion(entry->source, entry->target, port_of(entry->target));
        entry = waiting.erase(entry);
      }
    };
    for (size_t i = 0; i < models.size(); ++i) {
      convert_all();
      const SegmentEntry& entry = manifest.segments[i];
      chain.segment(*models[i], "segment", entry.processor, entry.inputs, entry.outputs);
    }
    convert_all();
  }

  // A tensor as the segment that reads it has it.
  Port port_of(const std::string& name) const {
    for (size_t i = 0; i < models.size(); ++i) {
      const auto& inputs = manifest.segments[i].inputs;
      const auto found = std::find(inputs.begin(), inputs.end(), name);
      if (found != inputs.end() && inputs.size() == models[i]->inputs.size())
        return models[i]->inputs[size_t(found - inputs.begin())];
    }
    throw Error(manifest.name + ": expected a segment that reads " + name + ", found none");
  }

  // An RGB network reads the picture's samples as reals, or as codes of them.
  void samples_in(Chain& chain, const Port& picture) {
    Tensor* const source = &chain.add(kPicture, picture);
    Port port = entry;
    port.height = picture.height;
    port.width = picture.width;
    Tensor* const target = &chain.add(kFront, port);
    std::vector<float> reals(256);
    std::vector<int8_t> codes(256);
    for (int code = 0; code < 256; ++code) {
      reals[size_t(code)] = float(code) * (1.0f / 255);
      if (port.scale > 0)
        codes[size_t(code)] =
            static_cast<int8_t>(encode(reals[size_t(code)], port.scale, port.zero_point, -128, 127));
    }
    chain.steps.push_back({{"colours", "", "C++"}, [=] {
                             const uint8_t* from = static_cast<const uint8_t*>(source->memory);
                             for (size_t i = 0; i < source->port.count(); ++i) {
                               if (target->port.type == kLiteRtElementTypeFloat32)
                                 static_cast<float*>(target->memory)[i] = reals[from[i]];
                               else
                                 static_cast<int8_t*>(target->memory)[i] = codes[from[i]];
                             }
                           }});
  }

  void samples_out(Chain& chain, Tensor& large) {
    Port port = large.port;
    port.type = kLiteRtElementTypeUInt8;
    port.scale = 1.0f / 255;
    port.zero_point = 0;
    Tensor* const target = &chain.add(kResult, port);
    const Tensor* const source = &large;
    const float zero = float(source->port.zero_point), step = source->port.scale;
    chain.steps.push_back({{"colours", "", "C++"}, [=] {
                             uint8_t* to = static_cast<uint8_t*>(target->memory);
                             for (size_t i = 0; i < source->port.count(); ++i) {
                               const float real =
                                   source->port.type == kLiteRtElementTypeFloat32
                                       ? static_cast<const float*>(source->memory)[i]
                                       : (float(static_cast<const int8_t*>(source->memory)[i]) - zero) * step;
                               to[i] = static_cast<uint8_t>(encode(real, 1.0f / 255, 0, 0, 255));
                             }
                           }});
  }

  Options options;
  Manifest manifest;
  Environment environment;
  std::vector<std::unique_ptr<Model>> models;
  std::unique_ptr<Model> front, back;  // around a luma network
  Port entry;
  bool integer = true;
  int multiple = 1;
  Report report;
  std::unique_ptr<Chain> chain;
  int chain_height = 0, chain_width = 0;
};

Runner::Runner(const std::string& folder, const Options& options)
    : state_(std::make_unique<State>(folder, options)) {}

Runner::~Runner() = default;

int Runner::scale() const { return state_->manifest.scale; }

const std::string& Runner::name() const { return state_->manifest.name; }

const Report& Runner::report() const { return state_->report; }

Picture Runner::enlarge(const Picture& picture, const Progress& progress) {
  if (picture.width < 1 || picture.height < 1 ||
      picture.rgb.size() != size_t(picture.width) * size_t(picture.height) * kColours)
    throw Error(
        "expected a picture of one or more pixels with three bytes each, found another number of bytes");
  State& state = *state_;
  const int scale = state.manifest.scale, step = state.multiple;
  // As Python: a border that bicubic needs is the last pixel repeated, what a multiple lacks is mirrored.
  const int least_height = std::max(picture.height, kChromaRadius),
            least_width = std::max(picture.width, kChromaRadius);
  const int height = up_to_multiple(least_height, step), width = up_to_multiple(least_width, step);
  const int halo = std::max(state.manifest.halo, kChromaRadius);
  const int tile =
      state.manifest.halo < 0 ? std::max(height, width) : up_to_multiple(state.options.tile, step);
  const std::vector<Span> rows = cut_side(height, tile, halo, step),
                          columns = cut_side(width, tile, halo, step);
  const int tile_height = rows[0].size, tile_width = columns[0].size;
  if (state.chain == nullptr || state.chain_height != tile_height || state.chain_width != tile_width) {
    state.chain.reset();
    state.chain = state.make_chain(tile_height, tile_width);
    state.chain_height = tile_height;
    state.chain_width = tile_width;
  }
  Chain& chain = *state.chain;
  for (Chain::Timed& timed : chain.steps) timed.step.ms = 0;
  Picture large;
  large.width = picture.width * scale;
  large.height = picture.height * scale;
  large.rgb.resize(size_t(large.width) * size_t(large.height) * kColours);
  Tensor& given = chain.tensor(kPicture);
  const Tensor& made = chain.tensor(kResult);
  // Codes of INT8 are samples less 128, which turns the highest bit over.
  const uint8_t flip = given.port.type == kLiteRtElementTypeInt8 ? 128 : 0;
  const int total = static_cast<int>(rows.size() * columns.size());
  int done = 0;
  for (const Span& row : rows)
    for (const Span& column : columns) {
      uint8_t* to = static_cast<uint8_t*>(given.memory);
      for (int y = row.start; y < row.start + row.size; ++y) {
        const int from_y = std::min(mirrored(y, least_height), picture.height - 1);
        for (int x = column.start; x < column.start + column.size; ++x) {
          const int from_x = std::min(mirrored(x, least_width), picture.width - 1);
          const uint8_t* from =
              picture.rgb.data() + (size_t(from_y) * size_t(picture.width) + size_t(from_x)) * kColours;
          for (int c = 0; c < kColours; ++c) *to++ = from[c] ^ flip;
        }
      }
      for (Chain::Timed& timed : chain.steps) {
        const auto started = std::chrono::steady_clock::now();
        timed.run();
        timed.step.ms +=
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
      }
      const int last_y = std::min(row.last * scale, large.height),
                last_x = std::min(column.last * scale, large.width);
      for (int y = row.first * scale; y < last_y; ++y) {
        const size_t first = size_t(column.first * scale);
        const uint8_t* from = static_cast<const uint8_t*>(made.memory) +
                              (size_t(y - row.start * scale) * size_t(tile_width * scale) + first -
                               size_t(column.start * scale)) *
                                  kColours;
        uint8_t* place = large.rgb.data() + (size_t(y) * size_t(large.width) + first) * kColours;
        const size_t count = last_x > column.first * scale ? (size_t(last_x) - first) * kColours : 0;
        for (size_t i = 0; i < count; ++i) place[i] = from[i] ^ flip;
      }
      ++done;
      if (progress && !progress(done, total))
        throw Error("stopped after " + std::to_string(done) + " of " + std::to_string(total) + " tiles");
    }
  state.report = {total, tile_width, tile_height, {}};
  for (const Chain::Timed& timed : chain.steps) state.report.steps.push_back(timed.step);
  return large;
}

}  // namespace vernier
