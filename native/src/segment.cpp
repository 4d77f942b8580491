#include "segment.hpp"

#include <cstdlib>
#include <cstring>
#include <numeric>
#include <thread>

#include "vernier/runner.hpp"

namespace vernier {
namespace {

Port port_of(LiteRtTensor tensor, const std::string& name) {
  LiteRtRankedTensorType type;
  check(LiteRtGetRankedTensorType(tensor, &type), name + ": reading a tensor's shape");
  if (type.layout.rank != 4 || type.layout.dimensions[0] != 1)
    throw Error(name + ": expected tensors of 1 x height x width x channels, found others");
  Port port;
  port.type = type.element_type;
  port.height = type.layout.dimensions[1];
  port.width = type.layout.dimensions[2];
  port.channels = type.layout.dimensions[3];
  int kind = kLiteRtQuantizationNone;
  LiteRtGetQuantizationTypeId(tensor, &kind);
  LiteRtQuantizationPerTensor codes;
  if (kind == kLiteRtQuantizationPerTensor && LiteRtGetPerTensorQuantization(tensor, &codes) == 0) {
    port.scale = codes.scale;
    port.zero_point = static_cast<int>(codes.zero_point);
  }
  return port;
}

LiteRtRankedTensorType type_of(const Port& port) {
  LiteRtRankedTensorType type;
  std::memset(&type, 0, sizeof type);
  type.element_type = port.type;
  type.layout.rank = 4;
  const int dimensions[4] = {1, port.height, port.width, port.channels};
  std::memcpy(type.layout.dimensions, dimensions, sizeof dimensions);
  return type;
}

}  // namespace

void check(LiteRtStatus status, const std::string& what) {
  if (status != 0) throw Error(what + ": LiteRT answers with status " + std::to_string(status));
}

Environment::Environment() {
  // Of the CPU alone, and silent but for errors.
  LiteRtEnvOption options[2] = {
      {kLiteRtEnvOptionTagAutoRegisterAccelerators, {kLiteRtAnyTypeInt, {kLiteRtHwAcceleratorCpu}}},
      {kLiteRtEnvOptionTagMinLoggerSeverity, {kLiteRtAnyTypeInt, {kLiteRtLogSeverityError}}}};
  check(LiteRtCreateEnvironment(2, options, &raw), "starting LiteRT");
}

Tensor::Tensor(const Environment& environment, const Port& of, size_t size) : port(of), bytes(size) {
  const LiteRtRankedTensorType type = type_of(port);
  check(
      LiteRtCreateManagedTensorBuffer(environment.raw, kLiteRtTensorBufferTypeHostMemory, &type, bytes, &raw),
      "taking " + std::to_string(bytes) + " bytes for a tensor");
  // Memory of the host: locking tells where it is, and waits for nothing.
  check(LiteRtLockTensorBuffer(raw, &memory, kLiteRtTensorBufferLockModeReadWrite), "reaching a tensor");
  check(LiteRtUnlockTensorBuffer(raw), "reaching a tensor");
}

Tensor::~Tensor() { LiteRtDestroyTensorBuffer(raw); }

Model::Model(const Environment& environment, const char* content, size_t size, const std::string& of)
    : name(of), content_(content), bytes_(size) {
  check(LiteRtCreateModelFromBuffer(environment.raw, content, size, &raw), name + ": reading it");
  LiteRtSubgraph graph = nullptr;
  LiteRtParamIndex count = 0;
  LiteRtTensor tensor = nullptr;
  const std::string reading = name + ": reading its graph";
  check(LiteRtGetModelSubgraph(raw, 0, &graph), reading);
  check(LiteRtGetNumSubgraphInputs(graph, &count), reading);
  for (LiteRtParamIndex i = 0; i < count; ++i) {
    check(LiteRtGetSubgraphInput(graph, i, &tensor), reading);
    inputs.push_back(port_of(tensor, name));
  }
  check(LiteRtGetNumSubgraphOutputs(graph, &count), reading);
  for (LiteRtParamIndex i = 0; i < count; ++i) {
    check(LiteRtGetSubgraphOutput(graph, i, &tensor), reading);
    outputs.push_back(port_of(tensor, name));
  }
  check(LiteRtGetNumSubgraphOps(graph, &count), reading);
  for (LiteRtParamIndex i = 0; i < count; ++i) {
    LiteRtOp op = nullptr;
    LiteRtRankedTensorType type;
    int code = 0;
    int32_t block = 1;
    check(LiteRtGetSubgraphOp(graph, i, &op), reading);
    check(LiteRtGetOpOutput(op, 0, &tensor), reading);
    const bool int8 =
        LiteRtGetRankedTensorType(tensor, &type) == 0 && type.element_type == kLiteRtElementTypeInt8;
    all_int8 = all_int8 && int8;
    some_int8 = some_int8 || int8;
    check(LiteRtGetOpCode(op, &code), reading);
    if (code == kLiteRtOpCodeTflSpaceToDepth && LiteRtGetSpaceToDepthBlockSizeOption(op, &block) == 0)
      multiple = std::lcm(multiple, static_cast<int>(block));
    if (code == kLiteRtOpCodeTflResizeBilinear || code == kLiteRtOpCodeTflResizeNearestNeighbor)
      note_size(op);
  }
}

Model::~Model() { LiteRtDestroyModel(raw); }

void Model::note_size(LiteRtOp op) {
  LiteRtTensor tensor = nullptr;
  LiteRtWeights weights = nullptr;
  const void* memory = nullptr;
  size_t bytes = 0;
  const std::string reading = name + ": reading the size of an operator's result";
  check(LiteRtGetOpInput(op, 1, &tensor), reading);
  check(LiteRtGetTensorWeights(tensor, &weights), reading);
  check(LiteRtGetWeightsBytes(weights, &memory, &bytes), reading);
  const uintptr_t place = reinterpret_cast<uintptr_t>(memory) - reinterpret_cast<uintptr_t>(content_);
  if (memory == nullptr || bytes != 2 * sizeof(int32_t) || place > bytes_ - bytes)
    throw Error(reading + ": expected two numbers in the file, found none");
  sizes_.push_back(place);
}

std::string Model::fitted(int height, int width) const {
  if (sizes_.empty()) return "";
  std::string made(content_, bytes_);
  const int64_t wanted[2] = {height, width}, own[2] = {inputs[0].height, inputs[0].width};
  for (const size_t place : sizes_)
    for (size_t side = 0; side < 2; ++side) {
      int32_t number = 0;
      std::memcpy(&number, made.data() + place + side * sizeof number, sizeof number);
      if (number * wanted[side] % own[side] != 0)
        throw Error(name + ": expected sizes of results in proportion to the picture's, found others");
      number = static_cast<int32_t>(number * wanted[side] / own[side]);
      std::memcpy(&made[place + side * sizeof number], &number, sizeof number);
    }
  return made;
}

Segment::Segment(const Environment& environment, const Model& model, const std::vector<Port>& inputs,
                 int threads)
    : name_(model.name), content_(model.fitted(inputs[0].height, inputs[0].width)) {
  LiteRtOptions options = nullptr;
  LiteRtOpaqueOptions cpu = nullptr;
  check(LiteRtCreateOptions(&options), name_ + ": asking for the CPU");
  check(LiteRtSetOptionsHardwareAccelerators(options, kLiteRtHwAcceleratorCpu),
        name_ + ": asking for the CPU");
  if (threads == 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const std::string toml = "num_threads = " + std::to_string(threads) + "\n";
  check(LiteRtCreateOpaqueOptions("xnnpack", strdup(toml.c_str()), std::free, &cpu),
        name_ + ": asking for threads");
  check(LiteRtAddOpaqueOptions(options, cpu), name_ + ": asking for threads");
  LiteRtStatus status = 0;
  if (!content_.empty())
    status = LiteRtCreateModelFromBuffer(environment.raw, content_.data(), content_.size(), &model_);
  if (status == 0)
    status = LiteRtCreateCompiledModel(environment.raw, model_ ? model_ : model.raw, options, &raw_);
  LiteRtDestroyOptions(options);
  try {
    check(status, name_ + ": loading it");
    for (size_t i = 0; i < inputs.size(); ++i) {
      const int dimensions[4] = {1, inputs[i].height, inputs[i].width, inputs[i].channels};
      check(LiteRtCompiledModelResizeInputTensorNonStrict(raw_, 0, i, dimensions, 4),
            name_ + ": fitting it to the tile");
    }
    outputs = model.outputs;
    std::vector<LiteRtLayout> layouts(outputs.size());
    check(LiteRtGetCompiledModelOutputTensorLayouts(raw_, 0, layouts.size(), layouts.data(), true),
          name_ + ": fitting it to tiles of " + std::to_string(inputs[0].width) + "x" +
              std::to_string(inputs[0].height));
    LiteRtTensorBufferRequirements required = nullptr;
    size_t bytes = 0;
    for (size_t i = 0; i < outputs.size(); ++i) {
      outputs[i].height = layouts[i].dimensions[1];
      outputs[i].width = layouts[i].dimensions[2];
      check(LiteRtGetCompiledModelOutputBufferRequirements(raw_, 0, i, &required),
            name_ + ": asking for its memory");
      check(LiteRtGetTensorBufferRequirementsBufferSize(required, &bytes), name_ + ": asking for its memory");
      output_bytes.push_back(bytes);
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      check(LiteRtGetCompiledModelInputBufferRequirements(raw_, 0, i, &required),
            name_ + ": asking for its memory");
      check(LiteRtGetTensorBufferRequirementsBufferSize(required, &bytes), name_ + ": asking for its memory");
      input_bytes.push_back(bytes);
    }
  } catch (...) {
    release();
    throw;
  }
}

Segment::~Segment() { release(); }

void Segment::release() {
  if (raw_ != nullptr) LiteRtDestroyCompiledModel(raw_);
  if (model_ != nullptr) LiteRtDestroyModel(model_);
}

void Segment::run(std::vector<LiteRtTensorBuffer>& given, std::vector<LiteRtTensorBuffer>& made) {
  check(LiteRtRunCompiledModel(raw_, 0, given.size(), given.data(), made.size(), made.data()),
        name_ + ": running it");
}

}  // namespace vernier
