"""Declarations that are right and whose list no index leads to; see test_list_indexes.py."""

from __future__ import annotations

import datetime as dt

from patron_core.customers.models import LifecycleChange
from patron_schema.declare import Connection, Query, extends, planned, root
from patron_schema.nodes import Node
from patron_schema.types.customers import Customer


@planned(LifecycleChange)
class StageChange(Node):
    customer: Customer
    occurred_at: dt.datetime


@extends(Query)
class Roots:
    stage_changes: Connection[StageChange] = root(description="Every change.")
