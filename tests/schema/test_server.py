"""The server's process: how it starts, seen from a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

START = """
import gc
from patron_schema.server import application
application()
print(gc.isenabled(), gc.get_freeze_count() > 50_000)
"""


def test_the_collector_runs_after_the_start_and_leaves_out_what_the_start_made(tmp_path: Path) -> None:
    environment = os.environ | {
        "PATRON_DATABASE_URL": f"sqlite:///{tmp_path / 'patron.db'}",
        "PATRON_LOG_LEVEL": "error",
        "PATRON_PLUGINS": "retail",
    }

    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, timeout=120)

    assert done.stdout.split() == ["True", "True"], done.stderr
