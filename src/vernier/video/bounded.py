"""An iterator that runs ahead in a thread of its own, by so many and no more."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_END = object()


class BoundedThread(Generic[T]):
    """What an iterator gives, made in a thread. Use as a context manager, and from one thread.

    An error in the thread is raised where the next item is taken. Leaving the context ends the
    thread after the item that it is at.

    Args:
        make: gives the iterator; it is called, used and closed in the thread.
        size: items that may wait.
        name: of the thread.
    """

    def __init__(self, make: Callable[[], Iterator[T]], size: int, name: str) -> None:
        self._make = make
        self._waiting: queue.Queue[Any] = queue.Queue(size)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def _work(self) -> None:
        try:
            iterator = self._make()
            try:
                for item in iterator:
                    if not self._put(item):
                        return
            finally:
                close = getattr(iterator, "close", None)
                if close is not None:
                    close()
        except BaseException as error:
            self._error = error
        finally:
            self._put(_END)

    def _put(self, item: Any) -> bool:
        """Whether it was taken in; not where nobody will ask any more."""
        while not self._stop.is_set():
            try:
                self._waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[T]:
        while not self._stop.is_set():
            item = self._waiting.get()
            if item is _END:
                if self._error is not None:
                    raise self._error
                return
            yield item

    def __enter__(self) -> BoundedThread[T]:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        while self._thread.is_alive():
            # Whoever waits for an item in another thread is let go.
            try:
                self._waiting.put_nowait(_END)
            except queue.Full:
                self._drain()
            self._thread.join(0.05)

    def _drain(self) -> None:
        try:
            while True:
                self._waiting.get_nowait()
        except queue.Empty:
            pass
