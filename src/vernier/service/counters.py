"""What a service tells Prometheus."""

from __future__ import annotations

import time
from typing import Protocol

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from vernier.service.messages import Done

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Followed(Protocol):
    """What gauges look at when they are asked."""

    @property
    def waiting(self) -> int:
        """Pictures in the queue."""
        ...

    @property
    def loaded(self) -> tuple[object, ...]:
        """One entry of each worker that is ready."""
        ...

    def memory_bytes(self) -> int:
        """Of all workers."""
        ...


class Counters:
    """Counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "vernier_requests", "Answers by route and status.", ("route", "status"),
            registry=registry,
        )  # fmt: skip
        self.answering = Histogram(
            "vernier_answer_seconds", "From a request's headers to its answer's last byte.",
            ("route",), buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.waited = Histogram(
            "vernier_queue_seconds", "That pictures waited for a worker.",
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.computed_s = Histogram(
            "vernier_compute_seconds", "From a picture's first byte read to its result's last one.",
            ("processor",), buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.pictures = Counter(
            "vernier_pictures", "Pictures computed.", ("processor",), registry=registry
        )
        self.pixels = Counter(
            "vernier_pixels", "Pixels read and made.", ("side",), registry=registry
        )
        self.uploaded = Counter("vernier_upload_bytes", "Bytes received.", registry=registry)
        self.restarts = Counter(
            "vernier_worker_restarts", "Workers that were replaced.", registry=registry
        )
        self.computing = Gauge(
            "vernier_computing", "Pictures that are being computed.", registry=registry
        )
        self.jobs = Gauge("vernier_jobs", "Jobs that are kept.", registry=registry)
        started = Gauge("vernier_started_seconds", "Time of the start.", registry=registry)
        started.set(time.time())

    def follow(self, pool: Followed) -> None:
        """Let gauges look at a pool."""
        registry = self._registry
        for name, text, look in (
            ("vernier_queue_length", "Pictures that wait for a worker.", lambda: pool.waiting),
            ("vernier_workers_ready", "Workers that are loaded.", lambda: len(pool.loaded)),
            ("vernier_worker_memory_bytes", "Resident, of all workers.", pool.memory_bytes),
            (
                "vernier_memory_bytes",
                "Resident, of the process that answers.",
                lambda: psutil.Process().memory_info().rss,
            ),
        ):
            Gauge(name, text, registry=registry).set_function(look)

    def computed(self, done: Done) -> None:
        """Count a picture."""
        self.pictures.labels(done.processor).inc()
        self.computed_s.labels(done.processor).observe(done.milliseconds / 1e3)
        self.pixels.labels("read").inc(done.read_pixels)
        self.pixels.labels("made").inc(done.height * done.width)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return bytes(generate_latest(self._registry))
