// Conversions by OpenCL, which is looked for when the program runs: nothing is linked.
#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "conversion.hpp"
#include "embedded.hpp"
#include "vernier/runner.hpp"

namespace vernier {
namespace {

// Names and numbers of the OpenCL 1.2 specification.
using Handle = void*;
constexpr uint64_t kAllDevices = 0xffffffff;
constexpr uint64_t kReadWrite = 1, kUseHostPointer = 8;
constexpr unsigned kDeviceName = 0x102b, kHostUnifiedMemory = 0x1035, kMaxWorkGroupSize = 0x1004;
constexpr size_t kVector = 16, kLonely = 30, kWorkGroup = 256;  // as src/vernier/conversion has them
constexpr size_t kStreamBytes = size_t(1) << 25;

struct Library {
  Library() {
    for (const char* name : {"libOpenCL.so.1", "libOpenCL.so"})
      if (handle == nullptr) handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }

  template <typename Function>
  Function* find(const char* name) const {
    void* symbol = handle == nullptr ? nullptr : dlsym(handle, name);
    if (symbol == nullptr) throw Error(std::string("no OpenCL library with ") + name + " here");
    return reinterpret_cast<Function*>(symbol);
  }

  void* handle = nullptr;
};

struct Calls {
  Library library;
#define VERNIER_CALL(name, ...) int (*name)(__VA_ARGS__) = library.find<int(__VA_ARGS__)>("cl" #name)
  VERNIER_CALL(GetPlatformIDs, unsigned, Handle*, unsigned*);
  VERNIER_CALL(GetDeviceIDs, Handle, uint64_t, unsigned, Handle*, unsigned*);
  VERNIER_CALL(GetDeviceInfo, Handle, unsigned, size_t, void*, size_t*);
  VERNIER_CALL(BuildProgram, Handle, unsigned, const Handle*, const char*, void*, void*);
  VERNIER_CALL(SetKernelArg, Handle, unsigned, size_t, const void*);
  VERNIER_CALL(EnqueueNDRangeKernel, Handle, Handle, unsigned, const size_t*, const size_t*, const size_t*,
               unsigned, const Handle*, Handle*);
  VERNIER_CALL(EnqueueReadBuffer, Handle, Handle, unsigned, size_t, size_t, void*, unsigned, const Handle*,
               Handle*);
  VERNIER_CALL(EnqueueWriteBuffer, Handle, Handle, unsigned, size_t, size_t, const void*, unsigned,
               const Handle*, Handle*);
  VERNIER_CALL(Finish, Handle);
  VERNIER_CALL(ReleaseMemObject, Handle);
  VERNIER_CALL(ReleaseKernel, Handle);
#undef VERNIER_CALL
  Handle (*CreateContext)(const void*, unsigned, const Handle*, void*, void*, int*) =
      library.find<Handle(const void*, unsigned, const Handle*, void*, void*, int*)>("clCreateContext");
  Handle (*CreateCommandQueue)(Handle, Handle, uint64_t, int*) =
      library.find<Handle(Handle, Handle, uint64_t, int*)>("clCreateCommandQueue");
  Handle (*CreateProgramWithSource)(Handle, unsigned, const char**, const size_t*, int*) =
      library.find<Handle(Handle, unsigned, const char**, const size_t*, int*)>("clCreateProgramWithSource");
  Handle (*CreateKernel)(Handle, const char*,
                         int*) = library.find<Handle(Handle, const char*, int*)>("clCreateKernel");
  Handle (*CreateBuffer)(Handle, uint64_t, size_t, void*, int*) =
      library.find<Handle(Handle, uint64_t, size_t, void*, int*)>("clCreateBuffer");
};

void require(int status, const char* what) {
  if (status != 0) throw Error(std::string("OpenCL fails at ") + what + " (" + std::to_string(status) + ")");
}

// The first device that compiles the kernels, one that shares the host's memory before others.
// It lives as long as the program.
class Device {
 public:
  Device() {
    std::vector<Handle> found;
    Handle platforms[16], devices[16];
    unsigned platform_count = 0, device_count = 0;
    require(cl.GetPlatformIDs(16, platforms, &platform_count), "finding a platform");
    for (unsigned p = 0; p < std::min(platform_count, 16u); ++p)
      if (cl.GetDeviceIDs(platforms[p], kAllDevices, 16, devices, &device_count) == 0)
        found.insert(found.end(), devices, devices + std::min(device_count, 16u));
    std::stable_sort(found.begin(), found.end(),
                     [this](Handle a, Handle b) { return shares(a) > shares(b); });
    std::string reason = "no device";
    for (Handle device : found) {
      try {
        open(device);
        return;
      } catch (const Error& error) {
        reason = error.what();
      }
    }
    throw Error(reason);
  }

  bool shares(Handle device) const {
    unsigned unified = 0;
    cl.GetDeviceInfo(device, kHostUnifiedMemory, sizeof unified, &unified, nullptr);
    return unified != 0;
  }

  Handle kernel(const char* name, bool stream) const {
    int status = 0;
    Handle made = cl.CreateKernel(programs[stream], name, &status);
    require(status, name);
    return made;
  }

  Calls cl;
  std::string name;
  Handle context = nullptr, queue = nullptr;
  Handle programs[2] = {nullptr, nullptr};  // by whether results go around the caches
  size_t group = kWorkGroup;
  bool shared = false;

 private:
  void open(Handle device) {
    int status = 0;
    char text[256] = "";
    cl.GetDeviceInfo(device, kDeviceName, sizeof text - 1, text, nullptr);
    cl.GetDeviceInfo(device, kMaxWorkGroupSize, sizeof group, &group, nullptr);
    group = std::min(group, kWorkGroup);
    name = std::string("opencl, ") + text;
    shared = shares(device);
    context = cl.CreateContext(nullptr, 1, &device, nullptr, nullptr, &status);
    require(status, "opening a device");
    queue = cl.CreateCommandQueue(context, device, 0, &status);
    require(status, "opening a device");
    const Embedded source = embedded("conversion.cl");
    for (int stream = 0; stream < 2; ++stream) {
      const char* lines = source.content;
      programs[stream] = cl.CreateProgramWithSource(context, 1, &lines, &source.size, &status);
      require(status, "reading the kernels");
      require(cl.BuildProgram(programs[stream], 1, &device, stream ? "-DSTREAM" : "", nullptr, nullptr),
              "compiling the kernels");
    }
  }
};

class OpenCl : public Conversion {
 public:
  OpenCl(const Device& device, const Tensor& source, const Tensor& target)
      : device_(device), source_(source), target_(target) {
    copies_ = !device.shared || !bind(true);
    if (copies_) bind(false);
    const uint64_t count = source.port.count();
    const bool stream = source.bytes + target.bytes > kStreamBytes;
    const Direction direction = direction_of(source.port, target.port);
    if (direction == Direction::quantize) {
      const int zero = target.port.zero_point;
      const float inverse = 1.0f / target.port.scale, lowest = float(-128 - zero),
                  highest = float(127 - zero);
      kernel_ = device.kernel("quantize", stream);
      set(given_, made_, count, inverse, lowest, highest, zero);
    } else if (direction == Direction::dequantize) {
      kernel_ = device.kernel("dequantize", stream);
      set(given_, made_, count, source.port.scale, float(source.port.zero_point));
    } else {
      const Rescaling by = rescaling_of(source.port, target.port);
      kernel_ = device.kernel("requantize", stream);
      set(given_, made_, count, by.factor, by.bias);
    }
    items_ = (count / kVector + kLonely + device.group - 1) / device.group * device.group;
  }

  ~OpenCl() override {
    release();
    if (kernel_ != nullptr) device_.cl.ReleaseKernel(kernel_);
  }

  const std::string& name() const override { return device_.name; }

  void run() override {
    const Calls& cl = device_.cl;
    if (copies_)
      require(cl.EnqueueWriteBuffer(device_.queue, given_, 0, 0, bytes(source_), source_.memory, 0, nullptr,
                                    nullptr),
              "copying");
    require(cl.EnqueueNDRangeKernel(device_.queue, kernel_, 1, nullptr, &items_, &device_.group, 0, nullptr,
                                    nullptr),
            "converting");
    if (copies_)
      require(cl.EnqueueReadBuffer(device_.queue, made_, 0, 0, bytes(target_), target_.memory, 0, nullptr,
                                   nullptr),
              "copying");
    require(cl.Finish(device_.queue), "converting");
  }

 private:
  static size_t bytes(const Tensor& tensor) {
    return tensor.port.count() * (tensor.port.type == kLiteRtElementTypeFloat32 ? 4 : 1);
  }

  Handle buffer(const Tensor& tensor, bool on_host) const {
    int status = 0;
    Handle made = device_.cl.CreateBuffer(device_.context, kReadWrite | (on_host ? kUseHostPointer : 0),
                                          bytes(tensor), on_host ? tensor.memory : nullptr, &status);
    require(status, "taking memory");
    return made;
  }

  // Makes the buffers; whether the device sees both at the host's own addresses.
  bool bind(bool on_host) {
    release();
    given_ = buffer(source_, on_host);
    made_ = buffer(target_, on_host);
    if (!on_host) return false;
    uint64_t places[2] = {0, 0};
    int status = 0;
    const size_t one = 1;
    Handle result = device_.cl.CreateBuffer(device_.context, kReadWrite, sizeof places, nullptr, &status);
    require(status, "taking memory");
    kernel_ = device_.kernel("places", false);
    set(given_, made_, result);
    require(
        device_.cl.EnqueueNDRangeKernel(device_.queue, kernel_, 1, nullptr, &one, &one, 0, nullptr, nullptr),
        "looking for memory");
    require(
        device_.cl.EnqueueReadBuffer(device_.queue, result, 1, 0, sizeof places, places, 0, nullptr, nullptr),
        "looking for memory");
    device_.cl.ReleaseMemObject(result);
    device_.cl.ReleaseKernel(kernel_);
    kernel_ = nullptr;
    return places[0] == reinterpret_cast<uintptr_t>(source_.memory) &&
           places[1] == reinterpret_cast<uintptr_t>(target_.memory);
  }

  void release() {
    for (Handle* held : {&given_, &made_}) {
      if (*held != nullptr) device_.cl.ReleaseMemObject(*held);
      *held = nullptr;
    }
  }

  template <typename... Arguments>
  void set(const Arguments&... arguments) {
    unsigned index = 0;
    const int statuses[] = {device_.cl.SetKernelArg(kernel_, index++, sizeof arguments, &arguments)...};
    for (const int status : statuses) require(status, "setting an argument");
  }

  const Device& device_;
  const Tensor& source_;
  const Tensor& target_;
  Handle given_ = nullptr, made_ = nullptr, kernel_ = nullptr;
  size_t items_ = 0;
  bool copies_ = false;
};

// Numbers that are halves, saturate, or are none, over and over; of codes all 256.
void fill_for_test(const Tensor& tensor, float scale) {
  const size_t count = tensor.port.count();
  if (tensor.port.type == kLiteRtElementTypeInt8) {
    for (size_t i = 0; i < count; ++i) static_cast<int8_t*>(tensor.memory)[i] = static_cast<int8_t>(i);
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const uint32_t special = i % 3 ? 0x7f800000u : 0x7fc00000u;
    float* place = static_cast<float*>(tensor.memory) + i;
    if (i % 701 == 700)
      std::memcpy(place, &special, sizeof special);
    else
      *place = (float(i % 700) - 350.0f) * 0.5f * scale;
  }
}

}  // namespace

std::unique_ptr<Conversion> convert_by_open_cl(const Tensor& source, const Tensor& target,
                                               std::string& reason) {
  static std::string why_not;
  static const Device* const device = []() -> const Device* {
    try {
      return new Device();
    } catch (const Error& error) {
      why_not = error.what();
      return nullptr;
    }
  }();
  reason = why_not;
  if (device == nullptr) return nullptr;
  try {
    auto made = std::make_unique<OpenCl>(*device, source, target);
    const auto plain = convert(source, target, "plain");
    const size_t bytes = target.port.count() * (target.port.type == kLiteRtElementTypeFloat32 ? 4 : 1);
    fill_for_test(source, target.port.scale);
    plain->run();
    const std::string expected(static_cast<const char*>(target.memory), bytes);
    std::memset(target.memory, 0x55, bytes);
    made->run();
    if (std::memcmp(expected.data(), target.memory, bytes) == 0) return made;
    reason = device->name + " computes other codes than LiteRT";
  } catch (const Error& error) {
    reason = error.what();
  }
  return nullptr;
}

}  // namespace vernier
