// What the runner uses of LiteRT's C API, declared here because its Python package, which has the
// library (libLiteRt.so), has no headers. Names and numbers are those of LiteRT 2.3
// (github.com/google-ai-edge/LiteRT, litert/c, Apache-2.0); its layout of LiteRtRankedTensorType
// is stable by its own account. With LiteRT's own headers at hand, include those instead.
#ifndef VERNIER_LITERT_API_H
#define VERNIER_LITERT_API_H

#include <stddef.h>
#include <stdint.h>

extern "C" {

typedef int LiteRtStatus;  // 0 is success
typedef size_t LiteRtParamIndex;
typedef struct LiteRtEnvironmentT* LiteRtEnvironment;
typedef struct LiteRtModelT* LiteRtModel;
typedef struct LiteRtSubgraphT* LiteRtSubgraph;
typedef struct LiteRtOpT* LiteRtOp;
typedef struct LiteRtTensorT* LiteRtTensor;
typedef struct LiteRtWeightsT* LiteRtWeights;
typedef struct LiteRtOptionsT* LiteRtOptions;
typedef struct LiteRtOpaqueOptionsT* LiteRtOpaqueOptions;
typedef struct LiteRtCompiledModelT* LiteRtCompiledModel;
typedef struct LiteRtTensorBufferT* LiteRtTensorBuffer;
typedef struct LiteRtTensorBufferRequirementsT* LiteRtTensorBufferRequirements;

enum { kLiteRtElementTypeFloat32 = 1, kLiteRtElementTypeUInt8 = 3, kLiteRtElementTypeInt8 = 9 };
enum { kLiteRtHwAcceleratorCpu = 1 };
enum { kLiteRtTensorBufferTypeHostMemory = 1 };
enum { kLiteRtTensorBufferLockModeReadWrite = 2 };
enum { kLiteRtQuantizationNone = 0, kLiteRtQuantizationPerTensor = 1 };
enum {
  kLiteRtOpCodeTflResizeBilinear = 23,
  kLiteRtOpCodeTflSpaceToDepth = 26,
  kLiteRtOpCodeTflResizeNearestNeighbor = 97,
};

enum { kLiteRtEnvOptionTagAutoRegisterAccelerators = 24, kLiteRtEnvOptionTagMinLoggerSeverity = 25 };
enum { kLiteRtAnyTypeInt = 2 };
enum { kLiteRtLogSeverityError = 3 };

typedef struct {
  int tag;
  struct {
    int type;
    union {
      int64_t int_value;
      const char* str_value;
    };
  } value;
} LiteRtEnvOption;

typedef struct {
  unsigned int rank : 7;
  unsigned int has_strides : 1;
  int32_t dimensions[8];
  uint32_t strides[8];
} LiteRtLayout;

typedef struct {
  int element_type;
  LiteRtLayout layout;
} LiteRtRankedTensorType;

typedef struct {
  float scale;
  int64_t zero_point;
} LiteRtQuantizationPerTensor;

static_assert(sizeof(LiteRtRankedTensorType) == 72, "not LiteRT's layout");

LiteRtStatus LiteRtCreateEnvironment(int count, const LiteRtEnvOption* options, LiteRtEnvironment* made);
void LiteRtDestroyEnvironment(LiteRtEnvironment environment);

// The memory stays the caller's, and must outlive the model.
LiteRtStatus LiteRtCreateModelFromBuffer(LiteRtEnvironment environment, const void* data, size_t size,
                                         LiteRtModel* made);
void LiteRtDestroyModel(LiteRtModel model);
LiteRtStatus LiteRtGetModelSubgraph(LiteRtModel model, LiteRtParamIndex index, LiteRtSubgraph* found);
LiteRtStatus LiteRtGetNumSubgraphInputs(LiteRtSubgraph subgraph, LiteRtParamIndex* count);
LiteRtStatus LiteRtGetSubgraphInput(LiteRtSubgraph subgraph, LiteRtParamIndex index, LiteRtTensor* found);
LiteRtStatus LiteRtGetNumSubgraphOutputs(LiteRtSubgraph subgraph, LiteRtParamIndex* count);
LiteRtStatus LiteRtGetSubgraphOutput(LiteRtSubgraph subgraph, LiteRtParamIndex index, LiteRtTensor* found);
LiteRtStatus LiteRtGetNumSubgraphOps(LiteRtSubgraph subgraph, LiteRtParamIndex* count);
LiteRtStatus LiteRtGetSubgraphOp(LiteRtSubgraph subgraph, LiteRtParamIndex index, LiteRtOp* found);
LiteRtStatus LiteRtGetOpInput(LiteRtOp op, LiteRtParamIndex index, LiteRtTensor* found);
LiteRtStatus LiteRtGetTensorWeights(LiteRtTensor tensor, LiteRtWeights* weights);
LiteRtStatus LiteRtGetWeightsBytes(LiteRtWeights weights, const void** memory, size_t* bytes);
LiteRtStatus LiteRtGetOpCode(LiteRtOp op, int* code);
LiteRtStatus LiteRtGetSpaceToDepthBlockSizeOption(LiteRtOp op, int32_t* block);
LiteRtStatus LiteRtGetNumOpOutputs(LiteRtOp op, LiteRtParamIndex* count);
LiteRtStatus LiteRtGetOpOutput(LiteRtOp op, LiteRtParamIndex index, LiteRtTensor* found);
LiteRtStatus LiteRtGetRankedTensorType(LiteRtTensor tensor, LiteRtRankedTensorType* type);
LiteRtStatus LiteRtGetQuantizationTypeId(LiteRtTensor tensor, int* id);
LiteRtStatus LiteRtGetPerTensorQuantization(LiteRtTensor tensor, LiteRtQuantizationPerTensor* codes);

LiteRtStatus LiteRtCreateOptions(LiteRtOptions* made);
void LiteRtDestroyOptions(LiteRtOptions options);
LiteRtStatus LiteRtSetOptionsHardwareAccelerators(LiteRtOptions options, int accelerators);
// Options of an accelerator are TOML; "xnnpack" is the name of those of the CPU.
LiteRtStatus LiteRtCreateOpaqueOptions(const char* name, void* toml, void (*destroy)(void*),
                                       LiteRtOpaqueOptions* made);
LiteRtStatus LiteRtAddOpaqueOptions(LiteRtOptions options, LiteRtOpaqueOptions more);  // takes it

LiteRtStatus LiteRtCreateCompiledModel(LiteRtEnvironment environment, LiteRtModel model,
                                       LiteRtOptions options, LiteRtCompiledModel* made);
void LiteRtDestroyCompiledModel(LiteRtCompiledModel compiled);
LiteRtStatus LiteRtCompiledModelResizeInputTensorNonStrict(LiteRtCompiledModel compiled,
                                                           LiteRtParamIndex signature, LiteRtParamIndex input,
                                                           const int* dimensions, size_t rank);
LiteRtStatus LiteRtGetCompiledModelOutputTensorLayouts(LiteRtCompiledModel compiled,
                                                       LiteRtParamIndex signature, size_t count,
                                                       LiteRtLayout* layouts, bool allocate);
LiteRtStatus LiteRtGetCompiledModelInputBufferRequirements(LiteRtCompiledModel compiled,
                                                           LiteRtParamIndex signature, LiteRtParamIndex input,
                                                           LiteRtTensorBufferRequirements* found);
LiteRtStatus LiteRtGetCompiledModelOutputBufferRequirements(LiteRtCompiledModel compiled,
                                                            LiteRtParamIndex signature,
                                                            LiteRtParamIndex output,
                                                            LiteRtTensorBufferRequirements* found);
LiteRtStatus LiteRtGetTensorBufferRequirementsBufferSize(LiteRtTensorBufferRequirements required,
                                                         size_t* bytes);
LiteRtStatus LiteRtRunCompiledModel(LiteRtCompiledModel compiled, LiteRtParamIndex signature,
                                    size_t input_count, LiteRtTensorBuffer* inputs, size_t output_count,
                                    LiteRtTensorBuffer* outputs);

LiteRtStatus LiteRtCreateManagedTensorBuffer(LiteRtEnvironment environment, int kind,
                                             const LiteRtRankedTensorType* type, size_t bytes,
                                             LiteRtTensorBuffer* made);
void LiteRtDestroyTensorBuffer(LiteRtTensorBuffer buffer);
LiteRtStatus LiteRtLockTensorBuffer(LiteRtTensorBuffer buffer, void** memory, int mode);
LiteRtStatus LiteRtUnlockTensorBuffer(LiteRtTensorBuffer buffer);

}  // extern "C"

#endif
