"""Declarations that are right and whose list no index leads to; see test_list_indexes.py."""

from __future__ import annotations

import datetime as dt

from patron_core.cases.models import CaseChange
from patron_schema.declare import Connection, Query, extends, planned, root
from patron_schema.nodes import Node
from patron_schema.types.cases import Case


@planned(CaseChange)
class PhaseChange(Node):
    case: Case
    occurred_at: dt.datetime


@extends(Query)
class Roots:
    phase_changes: Connection[PhaseChange] = root(description="Every change.")
