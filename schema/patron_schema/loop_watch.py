"""Watches the event loop from a thread: when it stands still, says for how long and which plugin holds it.

A plugin's Python runs in the server's process, resolvers on its event loop; one that blocks keeps everybody waiting, and
nothing can take the loop away from it. What can be done is to name it, and to leave it out when it does so again: five
times, and the plugin's fields are off for a minute.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import structlog

from patron_core.plugins import Plugins

__all__ = ["LoopWatch"]

_log: Final = structlog.stdlib.get_logger("patron.loop")
_FRAMES: Final = 8


class LoopWatch:
    """A thread that asks the loop for a sign of life. seconds: how long it may take."""

    def __init__(self, plugins: Plugins, *, seconds: float) -> None:
        self._plugins = plugins
        self._seconds = seconds
        self._ended = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watches the running loop, whose thread this is, until the block ends."""
        loop, thread_id = asyncio.get_running_loop(), threading.get_ident()
        thread = threading.Thread(target=self._watch, args=(loop, thread_id), name="patron-loop-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self, loop: asyncio.AbstractEventLoop, thread_id: int) -> None:
        while not self._ended.wait(self._seconds / 2):
            alive = threading.Event()
            asked = time.monotonic()
            loop.call_soon_threadsafe(alive.set)
            if alive.wait(self._seconds):
                continue
            frames = _frames(sys._current_frames().get(thread_id))
            self._tell(frames, over=False, seconds=self._seconds)
            while not alive.wait(self._seconds) and not self._ended.is_set():
                pass
            self._tell(frames, over=True, seconds=time.monotonic() - asked)

    def _tell(self, frames: list[tuple[str, str]], *, over: bool, seconds: float) -> None:
        plugin = self._plugin_in(frames)
        where = [f"{module} {name}" for module, name in frames[:_FRAMES]]
        event = "loop_was_blocked" if over else "loop_blocked"
        _log.error(event, plugin=plugin, seconds=round(seconds, 1), where=where)
        in_hook = any(name == "_timed" for _, name in frames)  # whose time is taken there
        if over and plugin is not None and not in_hook:
            blocked = TimeoutError(f"the event loop stood still for {seconds:.1f} s")
            self._plugins.read_failed(plugin, part="the event loop", tenant_id=None, error=blocked)

    def _plugin_in(self, frames: list[tuple[str, str]]) -> str | None:
        """The plugin whose code is nearest to where the loop stands."""
        for module, _ in frames:
            for name, package in self._plugins.packages.items():
                if module == package or module.startswith(f"{package}."):
                    return name
        return None


def _frames(frame: FrameType | None) -> list[tuple[str, str]]:
    """The module and the function of each frame, the innermost first."""
    found = []
    while frame is not None:
        found.append((str(frame.f_globals.get("__name__", "")), frame.f_code.co_name))
        frame = frame.f_back
    return found
