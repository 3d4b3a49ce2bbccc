"""The core's types of events are known whichever of its modules were asked for before."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from importlib.util import find_spec
import patron_core.catalogue
from patron_core.slices import SLICES
names = [f"patron_core.{name}.events" for name in SLICES]
print([name for name in names if name not in sys.modules and find_spec(name) is not None])
"""


def test_a_process_that_knows_the_models_knows_every_event() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)

    assert told.stdout.strip() == "[]"
