"""A picture cut into square windows, and products of matrices in each: what a Swin block needs.

All tensors keep four axes. A picture `(1, C, H, W)` in windows of `side` is `(1, C, N, side**2)`:
windows row by row as rows, the pixels of a window, *tokens*, row by row as columns. So a layer over
channels is a 1x1 convolution before and after, and `.tflite` says the cut as SPACE_TO_DEPTH and
RESHAPE, and a product as one BATCH_MATMUL. As operators of their own they can be captured so;
PyTorch says the same with reshapes through five and six axes.
"""

from __future__ import annotations

import torch
from torch import Tensor


@torch.library.custom_op("vernier::windows", mutates_args=())
def windows(x: Tensor, side: int) -> Tensor:
    """Cut a picture.

    Args:
        x: shape `(N, C, H, W)`, H and W multiples of `side`.
        side: of a window, in pixels.

    Returns:
        Shape `(N, C, H*W / side**2, side**2)`.

    Raises:
        ValueError: a side of the picture is no multiple.
    """
    check_sides(x, side)
    return _cut(x, side)


@torch.library.custom_op("vernier::unwindows", mutates_args=())
def unwindows(x: Tensor, side: int, rows: int, columns: int) -> Tensor:
    """The inverse of `windows`.

    Args:
        x: shape `(N, C, windows, side**2)`.
        side: of a window, in pixels.
        rows: of the picture, in pixels.
        columns: likewise.

    Returns:
        Shape `(N, C, rows, columns)`.
    """
    return _joined(x, side, rows, columns)


@torch.library.custom_op("vernier::token_matmul", mutates_args=())
def token_matmul(a: Tensor, b: Tensor, transposed: bool) -> Tensor:
    """In each window, the product of two matrices whose rows are tokens.

    Args:
        a: shape `(N, D, W, T)`: T tokens of D channels in each of W windows.
        b: shape `(N, D, W, S)` where transposed, else `(N, E, W, D)`: D tokens of E channels.
        transposed: multiply each token of `a` by each of `b`; else mix the tokens of `b`.

    Returns:
        Shape `(N, S, W, T)` where transposed, else `(N, E, W, T)`.
    """
    return _product(a, b, transposed)


def check_sides(x: Tensor, side: int) -> None:
    """Raise ValueError unless both sides of a picture are multiples of a window's."""
    if x.shape[2] % side or x.shape[3] % side:
        raise ValueError(
            f"expected a picture whose sides are multiples of {side} pixels, found "
            f"{x.shape[2]}x{x.shape[3]}"
        )


def _cut(x: Tensor, side: int) -> Tensor:
    count, channels, rows, columns = x.shape
    split = x.reshape(count, channels, rows // side, side, columns // side, side)
    return _copied(split.permute(0, 1, 2, 4, 3, 5)).view(count, channels, -1, side**2)


def _joined(x: Tensor, side: int, rows: int, columns: int) -> Tensor:
    count, channels = x.shape[:2]
    split = x.reshape(count, channels, rows // side, columns // side, side, side)
    return _copied(split.permute(0, 1, 2, 4, 3, 5)).view(count, channels, rows, columns)


def _copied(x: Tensor) -> Tensor:
    # Also where a view would do: an operator of PyTorch must not give out its own input's memory.
    return x.clone(memory_format=torch.contiguous_format)


def _product(a: Tensor, b: Tensor, transposed: bool) -> Tensor:
    left, right = a.permute(0, 2, 3, 1), b.permute(0, 2, 3, 1)
    product = left @ (right.mT if transposed else right)
    return product.permute(0, 3, 1, 2).contiguous()


@windows.register_fake
def _(x: Tensor, side: int) -> Tensor:
    check_sides(x, side)
    return x.new_empty(*x.shape[:2], x.shape[2] * x.shape[3] // side**2, side**2)


@unwindows.register_fake
def _(x: Tensor, side: int, rows: int, columns: int) -> Tensor:
    return x.new_empty(*x.shape[:2], rows, columns)


@token_matmul.register_fake
def _(a: Tensor, b: Tensor, transposed: bool) -> Tensor:
    return a.new_empty(a.shape[0], b.shape[3] if transposed else b.shape[1], *a.shape[2:])


Context = torch.autograd.function.FunctionCtx


def _keep_cut(ctx: Context, inputs: tuple[Tensor, int], output: Tensor) -> None:
    ctx.kept = (inputs[1], *inputs[0].shape[2:])  # type: ignore[attr-defined]


def _uncut(ctx: Context, grad: Tensor) -> tuple[Tensor, None]:
    return _joined(grad, *ctx.kept), None  # type: ignore[attr-defined]


def _keep_side(ctx: Context, inputs: tuple[Tensor, int, int, int], output: Tensor) -> None:
    ctx.side = inputs[1]  # type: ignore[attr-defined]


def _unjoined(ctx: Context, grad: Tensor) -> tuple[Tensor, None, None, None]:
    return _cut(grad, ctx.side), None, None, None  # type: ignore[attr-defined]


def _keep_factors(ctx: Context, inputs: tuple[Tensor, Tensor, bool], output: Tensor) -> None:
    ctx.save_for_backward(*inputs[:2])
    ctx.transposed = inputs[2]  # type: ignore[attr-defined]


def _of_factors(ctx: Context, grad: Tensor) -> tuple[Tensor, Tensor, None]:
    a, b = ctx.saved_tensors  # type: ignore[attr-defined]
    # Of P = A B or A B^T, in the layout where a token's channels are the last axis.
    transposed: bool = ctx.transposed  # type: ignore[attr-defined]
    left, right, above = (x.permute(0, 2, 3, 1) for x in (a, b, grad))
    of_a = above @ (right if transposed else right.mT)
    of_b = above.mT @ left if transposed else left.mT @ above
    return of_a.permute(0, 3, 1, 2), of_b.permute(0, 3, 1, 2), None


windows.register_autograd(_uncut, setup_context=_keep_cut)
unwindows.register_autograd(_unjoined, setup_context=_keep_side)
token_matmul.register_autograd(_of_factors, setup_context=_keep_factors)
