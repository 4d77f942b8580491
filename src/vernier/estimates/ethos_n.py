"""Arm's Ethos-N78 as a set of numbers, and what its units need for one layer.

Rules and constants are those that Arm published with the driver stack's performance estimator
(`EstimationUtils`, `MceEstimationUtils`, `CapabilitiesInternal`), written anew. Two numbers are not
in there and are stated as such: the activation compression, which depends on the pictures, and the
height of the stripes, which the tool's combiner searches for and this model does not.
"""

from __future__ import annotations

from dataclasses import dataclass

BRICK = 8
"""Rows and columns of a brick, the unit in which feature maps lie in DRAM."""
PATCH = 4
"""Rows and columns that the elementwise unit treats at once."""
WINOGRAD_KERNEL, WINOGRAD_OUTPUT, WINOGRAD_MACS = 3, 2, 16
"""A 3x3 sub-filter gives 2x2 outputs with 16 multiplications (36 without)."""
LARGEST_UPSCALING_KERNEL = 7
"""A larger transposed convolution is done as an enlargement with zeros and a plain convolution."""
ROLLING_STRIPES = 3
"""Stripes of one brick's height that a tensor keeps in SRAM while a kernel moves down it."""

PASSTHROUGH_CYCLES, INTERLEAVE_CYCLES, ADD_CYCLES = 6, 13, 15
LEAKY_RELU_CYCLES, SIGMOID_CYCLES = 37, 41
"""Of the elementwise unit, per patch."""


@dataclass(frozen=True)
class EthosN:
    """The parameters of a processor of the family.

    Attributes:
        name: what the user types.
        input_lanes: input channels that are multiplied at once; fewer are rounded up.
        output_lanes: output channels, likewise.
        elementwise_lanes: channels that the unit behind the multipliers treats at once.
        sram_bytes: on chip.
        clock_hz: 1 GHz follows from the label: 2 * 2048 MAC/cycle * 1 GHz = 4 TOP/s.
        dram_bytes_per_cycle: at full rate.
        activation_compression: the share of feature-map traffic that lossless compression saves,
            in [0, 1). 0.5 was chosen by those who ran Arm's tool, because it reproduces the SESR
            paper's DRAM column; it is an assumption on pictures, not a property of the chip.
        stripe_rows: the height of the stripes in which a layer that is too wide for SRAM is cut.
            64 is what the tool's own traffic says: at 1080p each further layer of 16 channels
            costs 37.1 MB, which is 1.237 reads and 1 write, and 1 + 2 * 8 * 16 / 1080 = 1.237 is
            a brick above and below each of 17 stripes of 64 rows.
    """

    name: str
    input_lanes: int
    output_lanes: int
    elementwise_lanes: int
    sram_bytes: int
    clock_hz: float = 1e9
    dram_bytes_per_cycle: float = 16.0
    activation_compression: float = 0.5
    stripe_rows: int = 64

    @property
    def macs_per_cycle(self) -> int:
        """8 multipliers for each pair of an input and an output lane."""
        return 8 * self.input_lanes * self.output_lanes

    def parameters(self) -> dict[str, int | float]:
        """For people, by name with units."""
        return {
            "macs_per_cycle": self.macs_per_cycle,
            "input_lanes": self.input_lanes,
            "output_lanes": self.output_lanes,
            "elementwise_lanes": self.elementwise_lanes,
            "clock_hz": self.clock_hz,
            "dram_bytes_per_cycle": self.dram_bytes_per_cycle,
            "sram_bytes": self.sram_bytes,
            "activation_compression": self.activation_compression,
            "stripe_rows": self.stripe_rows,
        }


ETHOS_N = {
    npu.name: npu
    for npu in (
        EthosN("ethos-n78-4tops", 16, 16, 16, 1 << 20),
        EthosN("ethos-n78-8tops", 16, 32, 16, 2 << 20),
    )
}


def convolution_cycles(
    npu: EthosN,
    height: int,
    width: int,
    kernel: tuple[int, int],
    inputs: int,
    outputs: int,
    winograd: bool,
) -> int:
    """Of the multipliers, for a dense convolution with `height` x `width` outputs.

    The cheaper of the direct way and, where allowed (no stride, no upscaling), Winograd's.
    """
    rows, columns = kernel
    lanes = ceil_to(inputs, npu.input_lanes) * ceil_to(outputs, npu.output_lanes)
    macs = ceil_to(height, PATCH) * ceil_to(width, PATCH // 2) * rows * columns
    if winograd and min(kernel) > 1:
        sub_filters = -(-rows // WINOGRAD_KERNEL) * -(-columns // WINOGRAD_KERNEL)
        blocks = -(-height // WINOGRAD_OUTPUT) * -(-width // WINOGRAD_OUTPUT)
        macs = min(macs, blocks * sub_filters * WINOGRAD_MACS)
    return -(-macs * lanes // npu.macs_per_cycle)


def depthwise_cycles(
    npu: EthosN, height: int, width: int, kernel: tuple[int, int], channels: int
) -> int:
    """Of the multipliers, where each channel stands alone: one input lane of each group works."""
    macs = ceil_to(height, PATCH) * ceil_to(width, PATCH // 2) * kernel[0] * kernel[1]
    return macs * ceil_to(channels, npu.input_lanes) // (8 * npu.input_lanes)


def elementwise_cycles(npu: EthosN, height: int, width: int, channels: int, per_patch: int) -> int:
    """Of the unit behind the multipliers."""
    patches = -(-height // PATCH) * -(-width // PATCH) * -(-channels // npu.elementwise_lanes)
    return patches * per_patch


def stored_bytes(height: int, width: int, channels: int) -> int:
    """Of a feature map in DRAM before compression: whole bricks, as many channels as there are."""
    return ceil_to(height, BRICK) * ceil_to(width, BRICK) * channels


def reread_rows(npu: EthosN, height: int) -> int:
    """Rows that are read twice where the picture is cut into stripes: bricks at each cut."""
    return 2 * BRICK * ((height - 1) // npu.stripe_rows)


def rolling_bytes(npu: EthosN, width: int, channels: int) -> int:
    """SRAM of one tensor of which a kernel's surroundings are kept, at full width."""
    return ROLLING_STRIPES * BRICK * width * ceil_to(channels, npu.input_lanes)


def ceil_to(value: int, multiple: int) -> int:
    """The next multiple."""
    return -(-value // multiple) * multiple
