"""Words of a policy's life: where it stands, what happens to it, who ends it and why."""

from __future__ import annotations

from enum import StrEnum


class PolicyStatus(StrEnum):
    """Where a term stands. ``NON_RENEWING`` is in force and will not be renewed; what was reinstated is ``ACTIVE`` again.

    ``NOT_TAKEN`` is the insured's choice, ``RESCINDED`` was void from its beginning, ``EXPIRED`` ran to its end.
    """

    DRAFT = "draft"
    PENDING_PAYMENT = "pending_payment"
    ACTIVE = "active"
    NON_RENEWING = "non_renewing"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    NON_RENEWED = "non_renewed"
    RESCINDED = "rescinded"
    NOT_TAKEN = "not_taken"


IN_FORCE = frozenset({PolicyStatus.ACTIVE, PolicyStatus.NON_RENEWING})
ENDED = frozenset(
    {
        PolicyStatus.CANCELLED,
        PolicyStatus.LAPSED,
        PolicyStatus.EXPIRED,
        PolicyStatus.NON_RENEWED,
        PolicyStatus.RESCINDED,
        PolicyStatus.NOT_TAKEN,
    }
)


class Happening(StrEnum):
    """What moves a term from one status to another; also the event's kind on the bus (``policies.v1.activated``).

    ``REINSTATED`` is without a lapse, as if it had never ended; ``RESUMED`` begins cover again behind a gap.
    """

    SUBMITTED = "submitted"
    REOPENED = "reopened"
    ACTIVATED = "activated"
    NOT_TAKEN = "not_taken"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    NON_RENEWAL_DECIDED = "non_renewal_decided"
    NON_RENEWAL_WITHDRAWN = "non_renewal_withdrawn"
    NON_RENEWED = "non_renewed"
    RESCINDED = "rescinded"
    REINSTATED = "reinstated"
    RESUMED = "resumed"


class Act(StrEnum):
    """What happens to a term without moving it; events as well."""

    DRAFTED = "drafted"
    REVISED = "revised"
    ENDORSED = "endorsed"
    ENDORSEMENT_QUOTED = "endorsement_quoted"
    ENDORSEMENT_APPROVED = "endorsement_approved"
    ENDORSEMENT_ENDED = "endorsement_ended"
    NOTICE_GIVEN = "notice_given"
    NOTICE_WITHDRAWN = "notice_withdrawn"
    CANCELLATION_ASKED = "cancellation_asked"
    CANCELLATION_TAKEN_BACK = "cancellation_taken_back"
    PAID = "paid"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_REVERSED = "payment_reversed"
    REFUNDED = "refunded"
    REFUND_RETURNED = "refund_returned"
    NOTED = "noted"
    RENEWAL_QUOTED = "renewal_quoted"
    RENEWAL_OFFERED = "renewal_offered"
    BECAME_OVERDUE = "became_overdue"
    NEEDS_A_PERSON = "needs_a_person"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_VERIFIED = "document_verified"
    DOCUMENT_REJECTED = "document_rejected"
    LETTER_WRITTEN = "letter_written"


class By(StrEnum):
    """Who ends it: the insured, or the insurer (non-payment is the insurer's)."""

    INSURED = "insured"
    INSURER = "insurer"


class Reason(StrEnum):
    """Why it ends. ``REQUEST`` and ``REPLACED`` are the insured's; the others are the insurer's and need a notice."""

    REQUEST = "request"
    REPLACED = "replaced"
    NONPAYMENT = "nonpayment"
    UNDERWRITING = "underwriting"
    MISREPRESENTATION = "misrepresentation"
    FRAUD = "fraud"
    RISK_CHANGE = "risk_change"
    LICENCE_SUSPENDED = "licence_suspended"
    OTHER = "other"


OF_INSURED = frozenset({Reason.REQUEST, Reason.REPLACED})


class Action(StrEnum):
    """What a statutory notice announces."""

    CANCELLATION = "cancellation"
    NON_RENEWAL = "non_renewal"
    LAPSE = "lapse"
