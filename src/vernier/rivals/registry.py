"""All rivals, in the order in which they are shown."""

from __future__ import annotations

from vernier.rivals.codl import CoDl
from vernier.rivals.ends import BFLOAT16, FLOAT, INT8
from vernier.rivals.mobisr import MobiSr
from vernier.rivals.mulayer import MuLayer
from vernier.rivals.onnx_static import OnnxStatic
from vernier.rivals.protocol import Rival
from vernier.rivals.tools import AccuracyControl, Greedy

RIVALS: tuple[Rival, ...] = (
    FLOAT,
    INT8,
    BFLOAT16,
    MobiSr(),
    MuLayer(),
    CoDl(),
    Greedy(),
    AccuracyControl(),
    OnnxStatic(),
)
