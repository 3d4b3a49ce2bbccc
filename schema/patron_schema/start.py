"""The script `patron`: loads the command line and runs it.

Nothing comes in but the process's arguments and environment, its exit code goes out. All that is loaded stays as long as the process, so
Python's collector of cycles rests meanwhile and never looks through it: that is a quarter of the time until a command begins.
"""

from __future__ import annotations

import gc

__all__ = ["main"]


def main() -> None:
    """The entry point."""
    gc.disable()
    from patron_schema.cli import main as run  # here, while the collector rests

    gc.freeze()
    gc.enable()
    run()
