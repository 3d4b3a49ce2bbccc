"""What the clients write, as stories: a customer with ways to reach it, a sale with lines, a touchpoint; and how the rows are found.

Every name is unique over all clients, so that one that is there twice was done twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.faults.writers import Operation, Story

__all__ = ["CUSTOMER", "TOUCHPOINT", "TRANSACTION", "business", "customer_create"]

CUSTOMER: Final = """mutation($input: CustomerCreateInput!) {
  customerCreate(input: $input) { customer { id } userErrors { code message } } }"""
TRANSACTION: Final = """mutation($input: TransactionRecordInput!) {
  transactionRecord(input: $input) { transaction { id } userErrors { code message } } }"""
TOUCHPOINT: Final = """mutation($input: TouchpointLogInput!) {
  touchpointLog(input: $input) { touchpoint { id } userErrors { code message } } }"""


def business(client: int) -> Story:
    """A client that without end makes a customer, sells them something and talks with them."""
    number = 0
    while True:
        number += 1
        label = f"c{client}n{number}"
        made = yield customer_create(label)
        assert made is not None
        customer = made["customerCreate"]["customer"]["id"]
        yield _operation("transaction", f"{label}t", TRANSACTION, _sale(customer, f"{label}t"))
        contact = {"customerId": customer, "channel": "PHONE", "direction": "INBOUND", "topic": f"{label}p"}
        yield _operation("touchpoint", f"{label}p", TOUCHPOINT, contact)


def customer_create(label: str, **more: Any) -> Operation:
    """One customer: a party, two ways to reach it and the customer, in one transaction."""
    media = [
        {"kind": "EMAIL", "value": f"{label}@example.org"},
        {"kind": "EMAIL", "value": f"{label}@example.com"},
    ]
    return _operation("customer", label, CUSTOMER, {"person": {"familyName": label}, "contactMedia": media, **more})


def _sale(customer: str, label: str) -> Mapping[str, Any]:
    line = {"quantity": "2", "unitPrice": {"amount": "1.50", "currencyCode": "EUR"}}
    return {
        "customerId": customer,
        "kind": "SALE",
        "amount": {"amount": "6.00", "currencyCode": "EUR"},
        "receiptNumber": label,
        "lines": [line, line],
    }


def _operation(kind: str, label: str, query: str, given: Mapping[str, Any]) -> Operation:
    return Operation(kind, label, query, {"input": {**given, "idempotencyKey": label}})
