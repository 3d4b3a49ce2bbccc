"""What may be asked: a customer's portfolio, accounts with their parties, statements and entries, and the bank's knowledge of customers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import case

from patron_banking import models
from patron_core.customers.models import Customer as CustomerModel
from patron_core.values import Money, Period
from patron_schema.declare import (
    Connection,
    Query,
    expression,
    extends,
    planned,
    planned_value,
    related,
    root,
    total,
    value,
)
from patron_schema.nodes import Node
from patron_schema.types.customers import Customer
from patron_schema.types.timeline import TimelineEntry

__all__ = ["EXTENSIONS", "TYPES"]

_OWNING = models.AccountParty.role.in_((models.AccountRole.OWNER, models.AccountRole.JOINT))


@planned(models.FinancialAccount)
class FinancialAccount(Node):
    """An account the bank keeps for a customer: money, a loan, a card or securities."""

    customer: Customer
    kind: models.FinancialAccountKind
    status: models.FinancialAccountStatus | None
    iban: str | None
    number: str | None
    currency: str
    product: str | None
    opened_on: dt.date | None
    branch: str | None
    statement_frequency: models.StatementFrequency | None
    settlement_account: FinancialAccount | None
    source: str | None
    source_key: str | None
    version: int
    parties: Connection[AccountParty] = related(
        models.AccountParty.account, description="Who may do what with the account."
    )
    loan: LoanTerms | None = related(models.LoanTerms.account, description="Terms of a loan; null for other accounts.")
    balances: Connection[Balance] = related(
        models.Balance.account,
        description="Balances that statements gave; empty when none was read, which is not zero.",
    )
    entries: Connection[AccountEntry] = related(models.AccountEntry.account, description="Movements.")
    statements: Connection[AccountStatement] = related(models.AccountStatement.account, description="Statements read.")
    standing_orders: Connection[StandingOrder] = related(
        models.StandingOrder.account, description="What the account pays again and again."
    )
    settles: Connection[FinancialAccount] = related(
        models.FinancialAccount.settlement_account, description="Loans and cards this account pays for."
    )


@planned(models.AccountParty)
class AccountParty(Node):
    """A customer's part in an account."""

    customer: Customer
    account: FinancialAccount
    kind: models.FinancialAccountKind
    role: models.AccountRole
    share: Decimal | None
    validity: Period


@planned(models.LoanTerms)
class LoanTerms(Node):
    """What was agreed for a loan, and how it is paid back."""

    account: FinancialAccount
    principal: Money
    instalment: Money
    months: int
    standing: models.LoanStanding


@planned(models.StandingOrder)
class StandingOrder(Node):
    """An order to pay the same amount to the same payee again and again."""

    account: FinancialAccount
    amount: Money
    purpose: models.StandingOrderPurpose | None
    payee_bank: str
    payee_account: str


@planned(models.AccountStatement)
class AccountStatement(Node):
    """A statement of an account whose closing balance is its opening balance plus its booked entries."""

    account: FinancialAccount
    number: str
    created_on_bank_at: dt.datetime | None
    covers: Period
    entry_count: int
    balances: Connection[Balance] = related(models.Balance.statement, description="The balances it gives.")
    entries: Connection[AccountEntry] = related(
        models.AccountEntry.statement, description="The movements it was the first to list."
    )


@planned(models.Balance)
class Balance(Node):
    """A balance of an account on a day, as a statement gives it."""

    account: FinancialAccount
    statement: AccountStatement
    type: models.BalanceType
    as_of: dt.date
    amount: Money


@planned(models.AccountEntry)
class AccountEntry(TimelineEntry):
    """A movement on an account."""

    account: FinancialAccount
    statement: AccountStatement | None
    amount: Money
    direction: models.CreditDebit
    status: models.AccountEntryStatus
    reversal: bool
    booked_on: dt.date | None
    value_on: dt.date | None
    occurred_at: dt.datetime
    bank_transaction_code: str | None
    servicer_reference: str | None
    remittance: str | None
    summary: str = expression(
        case((models.AccountEntry.direction == models.CreditDebit.CRDT, "Account credited"), else_="Account debited"),
        description="Which way money moved.",
        filterable=False,
        orderable=False,
    )


@planned(models.KycProfile)
class KycProfile(Node):
    """What the bank decided about knowing a customer: whether, at which risk, and when it looks again."""

    customer: Customer
    status: models.KycStatus
    risk_rating: models.RiskRating
    submitted_by: str
    submitted_at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None
    reason: str | None
    next_review_on: dt.date | None
    review_raised_on: dt.date | None
    version: int


def _owned(kind: models.FinancialAccountKind, words: str) -> int:
    """A total of the accounts of a kind that the customer owns."""
    made: int = total(
        via=models.AccountParty.customer,
        where=(models.AccountParty.kind == kind) & _OWNING,
        description=f"How many {words} the customer owns, alone or jointly, of any status.",
    )
    return made


@planned_value(CustomerModel)
class Portfolio:
    """All a customer has with the bank. Amounts are not added up over accounts: currencies and days of balances differ."""

    accounts: Connection[AccountParty] = related(
        models.AccountParty.customer, description="The customer's part in each account, with the account."
    )
    account_count: int = total(
        via=models.AccountParty.customer, where=_OWNING, description="How many accounts the customer owns, of any kind."
    )
    deposit_count: int = _owned(models.FinancialAccountKind.DEPOSIT, "current accounts")
    savings_count: int = _owned(models.FinancialAccountKind.SAVINGS, "savings accounts")
    loan_count: int = _owned(models.FinancialAccountKind.LOAN, "loans")
    card_count: int = _owned(models.FinancialAccountKind.CARD, "cards")
    investment_count: int = _owned(models.FinancialAccountKind.INVESTMENT, "investment accounts")


@extends(Customer)
class CustomerPortfolio:
    portfolio: Portfolio | None = value(
        present=models.AccountParty.customer,
        description="All the customer has with the bank; null where they take part in no account.",
    )
    kyc: KycProfile | None = related(
        models.KycProfile.customer, description="What the bank decided about knowing the customer."
    )


@extends(Query)
class BankingQuery:
    financial_account: FinancialAccount | None = root(description="An account by its id.")
    financial_accounts: Connection[FinancialAccount] = root(description="Accounts of all customers.")
    account_entries: Connection[AccountEntry] = root(description="Movements on all accounts.")
    kyc_profiles: Connection[KycProfile] = root(description="What the bank decided about knowing its customers.")


TYPES = (
    FinancialAccount,
    AccountParty,
    LoanTerms,
    StandingOrder,
    AccountStatement,
    Balance,
    AccountEntry,
    KycProfile,
    Portfolio,
)
EXTENSIONS = (CustomerPortfolio, BankingQuery)
