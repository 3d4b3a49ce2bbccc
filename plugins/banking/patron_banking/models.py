"""What a bank stores: accounts, who may do what with them, what statements say of them, and the bank's knowledge of a customer.

Words follow ISO 20022 (account, balance and entry of camt.053) and FSC/BIAN (party roles). An account is about the customer
who owns it; what hangs on the account follows it there.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from patron_banking.retention import AGAINST_MONEY_LAUNDERING
from patron_core.customers.models import Customer
from patron_core.records import FINANCIAL, INTERNAL, PII, Record, column, money, period, reference, subject
from patron_core.values import Code, Money, Period

__all__ = [
    "AccountEntry",
    "AccountEntryStatus",
    "AccountParty",
    "AccountRole",
    "AccountStatement",
    "Balance",
    "BalanceType",
    "CreditDebit",
    "FinancialAccount",
    "FinancialAccountKind",
    "FinancialAccountStatus",
    "KycProfile",
    "KycStatus",
    "LoanStanding",
    "LoanTerms",
    "RiskRating",
    "StandingOrder",
    "StandingOrderPurpose",
    "StatementFrequency",
]


class FinancialAccountKind(Code):
    """What an account is for."""

    DEPOSIT = "deposit", "A current account for payments."
    SAVINGS = "savings", "Money put aside."
    LOAN = "loan", "Money lent to the customer."
    CARD = "card", "A payment card."
    INVESTMENT = "investment", "Securities held for the customer."


class FinancialAccountStatus(Code):
    """Whether an account can be used (ISO 20022 AccountStatus)."""

    PENDING = "pending", "Agreed, cannot be used yet."
    ENABLED = "enabled", "Can be used."
    BLOCKED = "blocked", "Cannot be used for the time being."
    CLOSED = "closed", "Has ended."


class StatementFrequency(Code):
    """How often the customer gets a statement."""

    MONTHLY = "monthly", "Once a month."
    WEEKLY = "weekly", "Once a week."
    EACH_ENTRY = "each_entry", "After each entry."


class AccountRole(Code):
    """What a party may do with an account."""

    OWNER = "owner", "Owns it alone, or is the first of several owners."
    JOINT = "joint", "Owns it together with the owner."
    SIGNATORY = "signatory", "May dispose of it without owning it."
    BENEFICIARY = "beneficiary", "Profits from it without disposing of it."
    GUARANTOR = "guarantor", "Answers for its debt."


class BalanceType(Code):
    """Which balance of a statement (ISO 20022 ExternalBalanceType1Code)."""

    OPBD = "OPBD", "Opening booked: at the start of the statement."
    CLBD = "CLBD", "Closing booked: at the end of the statement."
    PRCD = "PRCD", "Previously closed booked: the closing balance of the statement before."
    ITBD = "ITBD", "Interim booked: between two pages of a statement."
    CLAV = "CLAV", "Closing available: what could be spent at the end."
    FWAV = "FWAV", "Forward available: what can be spent on a later day."
    OPAV = "OPAV", "Opening available: what could be spent at the start."
    ITAV = "ITAV", "Interim available: what could be spent in between."
    INFO = "INFO", "For information."
    XPCD = "XPCD", "Expected."


class CreditDebit(Code):
    """Which way money moved (ISO 20022 CreditDebitCode)."""

    CRDT = "CRDT", "To the account: its balance grows."
    DBIT = "DBIT", "From the account: its balance shrinks."


class AccountEntryStatus(Code):
    """Whether an entry counts (ISO 20022 EntryStatus)."""

    BOOK = "BOOK", "Booked: part of the booked balance."
    PDNG = "PDNG", "Pending: not part of the booked balance."
    INFO = "INFO", "For information: not part of any balance."
    FUTR = "FUTR", "To come: not part of the balance yet."


class LoanStanding(Code):
    """How a loan is paid back."""

    REPAID = "repaid", "Ended, paid back as agreed."
    DEFAULTED = "defaulted", "Ended, not paid back."
    RUNNING = "running", "Runs, paid back as agreed so far."
    IN_ARREARS = "in_arrears", "Runs, payments are missing."


class StandingOrderPurpose(Code):
    """What a standing order pays."""

    HOUSEHOLD = "household", "A household's bills."
    INSURANCE = "insurance", "An insurance premium."
    LOAN = "loan", "A loan's instalment."
    LEASING = "leasing", "A lease."


class KycStatus(Code):
    """How far the bank has come in knowing a customer."""

    SUBMITTED = "submitted", "Waits for the decision of somebody else."
    APPROVED = "approved", "The customer is known; accounts may be opened until the next review."
    REJECTED = "rejected", "The customer is not accepted."


class RiskRating(Code):
    """The risk of a customer; it sets how soon the bank looks again."""

    LOW = "low", "Reviewed every 36 months unless the settings say otherwise."
    MEDIUM = "medium", "Reviewed every 24 months unless the settings say otherwise."
    HIGH = "high", "Reviewed every 12 months unless the settings say otherwise."


class FinancialAccount(Record):
    """An account the bank keeps for a customer: money, a loan, a card or securities."""

    __tablename__ = "banking_account"
    id_prefix = "acc"
    existence = FINANCIAL
    retention = AGAINST_MONEY_LAUNDERING
    without_index = (
        ("currency product branch", "A few values, each of many accounts."),
        ("opened_on", "Accounts are taken in about when they open, and ids are in that order."),
        ("source_key", "Asked with its source, and an index has both."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "iban"),
        UniqueConstraint("tenant_id", "source", "source_key"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Who owns it; of several owners the first.")
    kind: Mapped[FinancialAccountKind] = column(
        FINANCIAL, doc="What it is for.", filterable=True, orderable=True, index=True
    )
    status: Mapped[FinancialAccountStatus | None] = column(
        FINANCIAL, doc="Whether it can be used; null when its source does not say.", filterable=True, orderable=True
    )
    iban: Mapped[str | None] = column(
        FINANCIAL, doc="International number (ISO 13616), in capitals without spaces.", filterable=True
    )
    number: Mapped[str | None] = column(
        FINANCIAL, doc="The bank's own number.", filterable=True, orderable=True, index=True
    )
    currency: Mapped[str] = column(FINANCIAL, doc="Currency it is kept in, ISO 4217.", filterable=True, orderable=True)
    product: Mapped[str | None] = column(
        FINANCIAL, doc="What the bank calls this kind of account, such as Gold.", filterable=True, orderable=True
    )
    opened_on: Mapped[dt.date | None] = column(FINANCIAL, doc="Since when it is kept.", filterable=True, orderable=True)
    branch: Mapped[str | None] = column(INTERNAL, doc="Where it is kept.", filterable=True, orderable=True)
    statement_frequency: Mapped[StatementFrequency | None] = column(
        INTERNAL, doc="How often a statement is sent.", filterable=True
    )
    settlement_account: Mapped[FinancialAccount | None] = reference(
        "self", optional=True, doc="The account that pays for it: a loan's instalments, a card's purchases."
    )
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one account.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        settlement_account_id: Mapped[uuid.UUID | None]


class AccountParty(Record):
    """A customer's part in an account."""

    __tablename__ = "banking_account_party"
    id_prefix = "acp"
    existence = FINANCIAL
    retention = AGAINST_MONEY_LAUNDERING
    __table_args__ = (UniqueConstraint("tenant_id", "account_id", "customer_id", "role"),)

    customer: Mapped[Customer] = subject(Customer, doc="Who takes part.")
    account: Mapped[FinancialAccount] = reference(FinancialAccount, doc="In which account.")
    kind: Mapped[FinancialAccountKind] = column(
        FINANCIAL,
        doc="What the account is for; it never changes, and so is kept here too.",
        filterable=True,
        orderable=True,
    )
    role: Mapped[AccountRole] = column(
        FINANCIAL, doc="What the customer may do with it.", filterable=True, orderable=True
    )
    share: Mapped[Decimal | None] = column(
        FINANCIAL,
        doc="Percent that an owner holds; the owners' shares make 100. Null when the source does not say.",
        scale=2,
        filterable=True,
        orderable=True,
    )
    validity: Mapped[Period] = period(INTERNAL, doc="When the part is held.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        account_id: Mapped[uuid.UUID]


class LoanTerms(Record):
    """What was agreed for a loan, and how it is paid back."""

    __tablename__ = "banking_loan_terms"
    id_prefix = "lon"
    existence = FINANCIAL
    retention = AGAINST_MONEY_LAUNDERING

    account: Mapped[FinancialAccount] = subject(FinancialAccount, unique=True, doc="The loan's account.")
    principal: Mapped[Money] = money(FINANCIAL, doc="The amount lent.", filterable=True, orderable=True)
    instalment: Mapped[Money] = money(FINANCIAL, doc="What is paid each month.", filterable=True, orderable=True)
    months: Mapped[int] = column(FINANCIAL, doc="For how many months.", filterable=True, orderable=True)
    standing: Mapped[LoanStanding] = column(FINANCIAL, doc="How it is paid back.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        account_id: Mapped[uuid.UUID]


class StandingOrder(Record):
    """An order to pay the same amount to the same payee again and again."""

    __tablename__ = "banking_standing_order"
    id_prefix = "sto"
    existence = FINANCIAL
    __table_args__ = (UniqueConstraint("tenant_id", "source", "source_key"),)

    account: Mapped[FinancialAccount] = subject(FinancialAccount, doc="The account that pays.")
    amount: Mapped[Money] = money(FINANCIAL, doc="What is paid each time.", filterable=True, orderable=True)
    purpose: Mapped[StandingOrderPurpose | None] = column(
        FINANCIAL, doc="What it pays; null when the source does not say.", filterable=True
    )
    payee_bank: Mapped[str] = column(FINANCIAL, doc="The payee's bank, by its code.", filterable=True)
    payee_account: Mapped[str] = column(FINANCIAL, doc="The payee's account number.", filterable=True)
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.")
    source_key: Mapped[str | None] = column(INTERNAL, doc="Its key there: the same key twice is one order.")

    if TYPE_CHECKING:  # the columns that references and composites make
        account_id: Mapped[uuid.UUID]


class AccountStatement(Record):
    """A statement of an account whose closing balance is its opening balance plus its booked entries."""

    __tablename__ = "banking_statement"
    id_prefix = "stm"
    existence = FINANCIAL
    retention = AGAINST_MONEY_LAUNDERING
    __table_args__ = (UniqueConstraint("tenant_id", "account_id", "source_key"),)

    account: Mapped[FinancialAccount] = subject(FinancialAccount, doc="The account.")
    number: Mapped[str] = column(INTERNAL, doc="What the bank calls it.", filterable=True, orderable=True)
    created_on_bank_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When the bank made it.", filterable=True, orderable=True
    )
    covers: Mapped[Period] = period(INTERNAL, doc="Which time it covers, where it says so.", filterable=True)
    entry_count: Mapped[int] = column(FINANCIAL, doc="How many entries it lists.", filterable=True, orderable=True)
    source_key: Mapped[str] = column(INTERNAL, doc="Names it within its account, page included.")

    if TYPE_CHECKING:  # the columns that references and composites make
        account_id: Mapped[uuid.UUID]


class Balance(Record):
    """A balance of an account on a day, as a statement gives it."""

    __tablename__ = "banking_balance"
    id_prefix = "bal"
    existence = FINANCIAL
    retention = AGAINST_MONEY_LAUNDERING
    append_only = True
    __table_args__ = (
        UniqueConstraint("tenant_id", "statement_id", "number"),
        Index(None, "tenant_id", "account_id", "as_of", "id"),
    )

    account: Mapped[FinancialAccount] = subject(FinancialAccount, doc="The account.")
    statement: Mapped[AccountStatement] = reference(AccountStatement, doc="The statement that gives it.")
    number: Mapped[int] = column(INTERNAL, doc="Position among the statement's balances, from 1.", orderable=True)
    type: Mapped[BalanceType] = column(FINANCIAL, doc="Which balance.", filterable=True, orderable=True)
    as_of: Mapped[dt.date] = column(FINANCIAL, doc="On which day.", filterable=True, orderable=True)
    amount: Mapped[Money] = money(
        FINANCIAL, doc="How much; negative when the customer owes it.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        account_id: Mapped[uuid.UUID]
        statement_id: Mapped[uuid.UUID]


class AccountEntry(Record):
    """A movement on an account."""

    __tablename__ = "banking_account_entry"
    id_prefix = "ace"
    existence = FINANCIAL
    retention = AGAINST_MONEY_LAUNDERING
    without_index = (
        ("value_on", "At most days from the day of booking, which has one."),
        ("bank_transaction_code", "A few values, each of many entries."),
        ("servicer_reference", "Asked of one account's entries, and an index has both."),
        ("remittance", "Words a person wrote; nobody asks for all rows with the same ones."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "account_id", "source_key"),
        Index(None, "tenant_id", "account_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
        Index(None, "tenant_id", "account_id", "servicer_reference"),
    )

    account: Mapped[FinancialAccount] = subject(FinancialAccount, doc="The account.")
    statement: Mapped[AccountStatement | None] = reference(
        AccountStatement, optional=True, doc="The statement that lists it; the first one of several."
    )
    amount: Mapped[Money] = money(
        FINANCIAL, doc="How much; positive for credits, negative for debits.", filterable=True, orderable=True
    )
    direction: Mapped[CreditDebit] = column(FINANCIAL, doc="Credit or debit.", filterable=True, orderable=True)
    status: Mapped[AccountEntryStatus] = column(
        FINANCIAL, doc="Whether it counts towards the booked balance.", filterable=True, orderable=True
    )
    reversal: Mapped[bool] = column(FINANCIAL, doc="Whether it takes an earlier entry back.", filterable=True)
    booked_on: Mapped[dt.date | None] = column(
        FINANCIAL, doc="Day of booking; null while pending.", filterable=True, orderable=True, index=True
    )
    value_on: Mapped[dt.date | None] = column(
        FINANCIAL, doc="Day from which it bears interest.", filterable=True, orderable=True
    )
    occurred_at: Mapped[dt.datetime] = column(
        INTERNAL,
        doc="When it happened: the booking's time, or the start of its day; of an entry without one its value day.",
        filterable=True,
        orderable=True,
    )
    bank_transaction_code: Mapped[str | None] = column(
        FINANCIAL,
        doc="What kind of transaction: domain, family and sub-family by ISO 20022, such as PMNT/RCDT/ESCT, or the bank's own.",
        filterable=True,
        orderable=True,
    )
    servicer_reference: Mapped[str | None] = column(
        FINANCIAL, doc="The bank's reference of the entry (AcctSvcrRef).", filterable=True
    )
    remittance: Mapped[str | None] = column(
        FINANCIAL, doc="What the payer wrote, or the bank's own text.", filterable=True
    )
    source_key: Mapped[str] = column(
        INTERNAL, doc="Names it within its account: the bank's reference, or a hash where there is none."
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        account_id: Mapped[uuid.UUID]
        statement_id: Mapped[uuid.UUID | None]
        amount_minor: Mapped[int]
        amount_currency: Mapped[str]


class KycProfile(Record):
    """What the bank decided about knowing a customer: whether, at which risk, and when it looks again."""

    __tablename__ = "banking_kyc_profile"
    id_prefix = "kyc"
    existence = PII
    retention = AGAINST_MONEY_LAUNDERING
    without_index = (
        ("submitted_by submitted_at decided_by decided_at", "Asked beside a status or of one customer."),
        ("review_raised_on", "Asked beside the day of the next review, which has one."),
    )

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Who is known.")
    status: Mapped[KycStatus] = column(PII, doc="How far it has come.", filterable=True, orderable=True)
    risk_rating: Mapped[RiskRating] = column(PII, doc="The customer's risk.", filterable=True, orderable=True)
    submitted_by: Mapped[str] = column(INTERNAL, doc="Who asked for the decision.", filterable=True)
    submitted_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was asked for.", filterable=True, orderable=True)
    decided_by: Mapped[str | None] = column(INTERNAL, doc="Who decided; never the one who asked.", filterable=True)
    decided_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was decided.", filterable=True, orderable=True
    )
    reason: Mapped[str | None] = column(PII, doc="Why it was decided so.")
    next_review_on: Mapped[dt.date | None] = column(
        INTERNAL,
        doc="Last day on which an approval counts; null without one.",
        filterable=True,
        orderable=True,
        index=True,
    )
    review_raised_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="The day on which the review was called for; null before.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
