"""What runs on each machine: a loaded network that takes pictures in batches."""

from __future__ import annotations

import functools
import hashlib
import io
import time
import zlib
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vernier.cluster.addresses import Place
from vernier.cluster.journal import FOLDER
from vernier.cluster.tasks import PictureResult, PictureTask, Settings
from vernier.errors import VernierError
from vernier.images.dead_leaves import dead_leaves
from vernier.processors.machine import describe_machine
from vernier.processors.notes import engine_settings
from vernier.runtime.batches import Upscalers, needed_factor
from vernier.runtime.picture_files import enlarge_file
from vernier.runtime.pictures import Upscaler
from vernier.version import VERSION

TRIAL_SIZE = (96, 128)


class About(msgspec.Struct, frozen=True):
    """What a machine says of itself.

    Attributes:
        version: of Vernier.
        label: for people.
        kind: the same for machines that may share a plan.
        sees: whether it sees the journal beside the results.
    """

    version: str
    label: str
    kind: str
    sees: bool


def about_this(sees: bool) -> About:
    """Of this machine, which sees what it has to or does not."""
    machine = describe_machine()
    # Not what differs between machines of one kind, as the memory that they have; but what the
    # environment tells engines, which may keep them from what the CPU can do.
    parts = [machine.cpu, machine.cores, machine.flags, machine.engines, engine_settings()]
    kind = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    settings = "".join(
        f", {key}={value}"
        for key, value in engine_settings().items()
        if key != "OMP_NUM_THREADS"  # Ray's own, on every machine
    )
    return About(VERSION, machine.label + settings, kind, sees)


def trial_picture() -> NDArray[np.uint8]:
    """What machines are compared by: `(96, 128, 3)`."""
    made = dead_leaves(*TRIAL_SIZE, seed=5)
    return np.round(np.asarray(made) * 255).astype(np.uint8)


class PictureWorker:
    """Enlarges pictures on one machine. Each method answers with a value; none raises.

    Args:
        settings: of the command.
        source: address of the pictures.
        target: address of the results.
        threads: of the CPU.
        machine: its name.
    """

    def __init__(
        self, settings: Settings, source: str, target: str, threads: int, machine: str
    ) -> None:
        self._settings, self._threads, self._machine = settings, threads, machine
        self._source, self._target = Place(source), Place(target)
        self._upscalers: Upscalers | None = None

    def about(self) -> About:
        """What this machine is."""
        try:
            sees = self._target.read_if_there(f"{FOLDER}/heading.json") is not None
        except VernierError:
            sees = False
        return about_this(sees)

    def choose(self) -> tuple[str, str]:
        """The processor that is the fastest here with right numbers, or why there is none."""
        try:
            upscaler = self._made("auto", self._settings.scale)
            choice = upscaler.describe().choice
            upscaler.close()
        except VernierError as error:
            return "", str(error)
        return ("auto" if choice is None else choice.chosen), ""

    def load(self, processor: str) -> str:
        """Load the network; why it must not be used here, "" where it may."""
        try:
            own = self._made(processor, self._settings.scale)
        except VernierError as error:
            return str(error)
        make = functools.partial(self._made, processor)
        self._upscalers = Upscalers(make, {self._settings.scale: own})
        return ""

    def check(self) -> Any:
        """The trial picture, enlarged; text where that fails."""
        assert self._upscalers is not None
        try:
            return self._upscalers.reaching(self._settings.scale).enlarge(trial_picture())
        except VernierError as error:
            return str(error)

    def compute(self, tasks: list[PictureTask]) -> list[PictureResult]:
        """Results of a batch, in its order; each is written before it is told."""
        return [self._computed(task) for task in tasks]

    def _made(self, processor: str, factor: float) -> Upscaler:
        settings = self._settings
        return Upscaler(
            settings.network,
            factor,
            bundle=settings.bundle,
            processor=processor,
            prefer="speed" if settings.prefer == "speed" else "quality",
            threads=self._threads,
            memory_bytes=settings.memory_bytes,
            allow_inexact=settings.allow_inexact,
        )

    def _computed(self, task: PictureTask) -> PictureResult:
        started = time.perf_counter()
        result = PictureResult(task.source, task.state, task.target, machine=self._machine)
        try:
            made = self._enlarged(task, result)
        except VernierError as error:
            fault = str(error).replace("the picture: ", "")
            return msgspec.structs.replace(result, fault=f"{task.source}: {fault}")
        except (OSError, MemoryError) as error:
            return msgspec.structs.replace(result, fault=f"{task.source}: {error!r}")
        return msgspec.structs.replace(made, seconds=round(time.perf_counter() - started, 4))

    def _enlarged(self, task: PictureTask, result: PictureResult) -> PictureResult:
        settings, upscalers = self._settings, self._upscalers
        assert upscalers is not None

        def upscaler_for(height: int, width: int) -> Upscaler:
            size = settings.size
            return upscalers.reaching(
                settings.scale if size is None else needed_factor(height, width, size)
            )

        content = io.BytesIO()
        done = enlarge_file(
            upscaler_for,
            self._source.read(task.source),
            content,
            task.format,
            size=settings.size,
            quality=settings.quality,
            max_pixels=settings.max_pixels,
        )
        made = content.getvalue()
        self._target.write(task.target, made)
        return msgspec.structs.replace(
            result,
            bytes=len(made),
            crc32=zlib.crc32(made),
            size=(done.height, done.width),
            processor=done.report.processor,
            notes=done.notes,
        )
