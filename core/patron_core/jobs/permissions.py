"""Who may: the permissions of this slice, each with what it allows."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["JOB_READ", "JOB_RUN", "PERMISSIONS"]

JOB_READ: Final = "job:read"
JOB_RUN: Final = "job:run"

PERMISSIONS: Final = MappingProxyType(
    {
        JOB_READ: "See which jobs there are, when they ran, and how far they have come.",
        JOB_RUN: "Run a job now, try a parked one again, cancel one.",
    }
)
