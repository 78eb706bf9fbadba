"""Statutory notices, grace, short rates and windows by state and line, as data with citations (DOMAIN section 6). No row is a no.

Rows hold from ``effective`` until ``until``; the version covers every byte. Days are counted from the mailing, which is not
counted itself, to the day on which the notice takes effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

from domain.citations import Cited, cited, rows_of
from domain.lines import Line
from domain.policies.billing import Grace
from domain.policies.returning import Method
from domain.policies.time_limits import (
    ContestRow,
    ReinstatementRow,
    contest_for,
    read_contest,
    read_reinstatement,
    reinstatement_for,
)
from domain.policies.words import Action, Reason
from kernel.ids import digest

EDITION = "2026-11"
ANY = "any"
EVERYWHERE = "US"
VALID = "valid"


class Sent(StrEnum):
    """How a notice goes out; ``MAIL_WITH_PROOF`` keeps a form of the post office, such as a certificate of mailing."""

    MAIL = "mail"
    MAIL_WITH_PROOF = "mail_with_proof"
    DELIVERY = "delivery"


class Recipient(StrEnum):
    """Who is sent a notice beside the insured. All but the producer are roles of parties of the policy."""

    PRODUCER = "producer_of_record"
    OWNER = "owner"
    DESIGNEE = "designee"
    ASSIGNEE = "assignee"


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A rule: ``days`` before the effect at least and ``most_days`` at most, ``mail_days`` more where it is mailed; within
    ``after_due_days`` of the due date where that is said. For policies that are ``from_day`` to ``to_day`` days in force.
    ``recipients`` are sent it as well as the insured.
    """

    action: Action
    state: str
    line: Line
    reason: str
    from_day: int
    to_day: int | None
    days: int
    most_days: int | None
    mail_days: int
    after_due_days: int | None
    methods: frozenset[Sent]
    recipients: frozenset[Recipient]
    cited: Cited

    def fits(self, reason: Reason, days_in_force: int, day: date) -> bool:
        """Whether the rule is for this reason and age, and in force on ``day``."""
        aged = self.from_day <= days_in_force and (self.to_day is None or days_in_force <= self.to_day)
        return aged and self.reason in {ANY, reason.value} and self.cited.in_force(day)

    def needed(self, sent: Sent) -> int:
        """Days between mailing or delivery and effect."""
        return self.days + (0 if sent is Sent.DELIVERY else self.mail_days)

    @property
    def key(self) -> str:
        """The row by its columns, for the record."""
        return f"{self.action.value}/{self.state}/{self.line.value}/{self.reason}/{self.from_day}-{self.to_day or ''}"

    @property
    def id(self) -> str:
        """The row by everything that it rules: one that rules something else is another one, in every release."""
        to = [",".join(sorted(some)) for some in (self.methods, self.recipients)]
        return _row_id(self.cited, self.key, self.days, self.most_days, self.mail_days, self.after_due_days, *to)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it was sent. ``due_on`` is the unpaid due date, where it is about that; ``proof`` whether proof of the mailing
    is kept.
    """

    action: Action
    state: str
    line: Line
    reason: Reason
    sent: Sent
    mailed_on: date
    effective_on: date
    days_in_force: int
    due_on: date | None = None
    proof: bool = False


@dataclass(frozen=True, slots=True)
class NoticeVerdict:
    """Whether the notice may take effect: ``code`` and ``words`` say why not, or by what rule. ``row`` is the rule it was judged
    by, ``earliest`` the first day on which a notice mailed like this one could take effect.
    """

    code: str
    words: str
    row: NoticeRow | None
    earliest: date | None
    version: str

    @property
    def valid(self) -> bool:
        """Whether it may."""
        return self.code == VALID


@dataclass(frozen=True, slots=True)
class GraceRow:
    """Grace of a line in a state; ``kind`` tells apart what the line alone does not (``subsidised``)."""

    state: str
    line: Line
    kind: str
    grace: Grace
    cited: Cited

    @property
    def id(self) -> str:
        """The row by everything that it rules."""
        of, grace = (self.state, self.line.value, self.kind), self.grace
        return _row_id(self.cited, "grace", *of, grace.days, grace.months, grace.ends_after_months)


@dataclass(frozen=True, slots=True)
class ShortRateRow:
    """A penalty that the insured who cancels may be charged."""

    state: str
    line: Line
    method: Method
    cited: Cited


@dataclass(frozen=True, slots=True)
class LegalTables:
    """Every table that a policy's life is judged by."""

    version: str
    notices: tuple[NoticeRow, ...]
    graces: tuple[GraceRow, ...]
    short_rates: tuple[ShortRateRow, ...]
    reinstatements: tuple[ReinstatementRow, ...]
    contests: tuple[ContestRow, ...]

    def judge(self, notice: Notice) -> NoticeVerdict:
        """May this notice take effect? Without a row the answer is no, and a person must find the law."""
        row = self.row_for(
            notice.action, notice.state, notice.line, notice.reason, notice.days_in_force, notice.mailed_on
        )
        if row is None:
            what = f"{notice.action.value} of {notice.line.value} in {notice.state} for {notice.reason.value}"
            words = f"no rule with a citation for {what} after {notice.days_in_force} days in force; find the law and add its row"
            return NoticeVerdict("no_notice_rule", words, None, None, self.version)
        earliest = notice.mailed_on + timedelta(days=row.needed(notice.sent))
        for code, wrong, words in (
            ("notice_method", notice.sent not in row.methods, f"must go by {_listed(row.methods)}"),
            ("notice_unproven", _unproven(notice), "needs the proof of its mailing; say where it is kept"),
            ("notice_too_short", notice.effective_on < earliest, f"takes effect on {earliest} at the earliest"),
            ("notice_too_early", _too_early(row, notice), f"may not be mailed more than {row.most_days} days ahead"),
            (
                "notice_too_late",
                _too_late(row, notice),
                f"must be mailed within {row.after_due_days} days of the due date",
            ),
            ("notice_before_due", _before_due(notice), _not_due(notice)),
        ):
            if wrong:
                return NoticeVerdict(code, f"the notice {words}: {row.cited.said}", row, earliest, self.version)
        return NoticeVerdict(VALID, f"{row.needed(notice.sent)} days: {row.cited.said}", row, earliest, self.version)

    def row_for(
        self, action: Action, state: str, line: Line, reason: Reason, days_in_force: int, day: date
    ) -> NoticeRow | None:
        """The rule in force on ``day``; one of the reason before one of any."""
        fits = [
            row for row in self.notices
            if (row.action, row.state, row.line) == (action, state, line) and row.fits(reason, days_in_force, day)
        ]  # fmt: skip
        return min(fits, key=lambda row: row.reason == ANY, default=None)

    def grace(self, state: str, line: Line, kind: str, day: date) -> GraceRow | None:
        """The grace of the state, or of every state; None where no row gives one."""
        fits = [
            row for row in self.graces
            if row.state in {state, EVERYWHERE} and row.line is line and row.kind == kind and row.cited.in_force(day)
        ]  # fmt: skip
        return min(fits, key=lambda row: row.state == EVERYWHERE, default=None)

    def short_rate(self, state: str, line: Line, method: Method, day: date) -> ShortRateRow | None:
        """The row that lets the method be used; None where there is none, and then premium goes back pro rata."""
        for row in self.short_rates:
            if (row.state, row.line, row.method) == (state, line, method) and row.cited.in_force(day):
                return row
        return None

    def reinstatement(self, state: str, line: Line, ended_on: date) -> ReinstatementRow | None:
        """Until when cover that ended on a day may be taken up again; None where no row says."""
        return reinstatement_for(self.reinstatements, state, line, ended_on)

    def contest(self, state: str, line: Line, reason: Reason, first_started_on: date) -> ContestRow | None:
        """Until when a policy may be made void for a reason; None where no row says, and then it may not be."""
        return contest_for(self.contests, state, line, reason, first_started_on)


def window_id(row: ReinstatementRow | ContestRow) -> str:
    """The row by everything that it rules, as the others' ``id``."""
    return _row_id(row.cited, *row.cells)


def _row_id(cited: Cited, *cells: object) -> str:
    told = [*cells, cited.citation, cited.origin.value, cited.effective, cited.until]
    return digest([str(one) for one in told])[:24]


@cache
def legal_tables() -> LegalTables:
    """The tables that ship beside the rules."""
    texts = {
        name: files("domain.policies.data").joinpath(f"{name}.csv").read_text(encoding="utf-8")
        for name in ("notices", "grace", "short_rate_rules", "reinstatement", "contestability")
    }
    return LegalTables(
        f"policies-{EDITION}-{digest(texts)[:12]}",
        tuple(_notice(row) for row in rows_of(texts["notices"])),
        tuple(_grace(row) for row in rows_of(texts["grace"])),
        tuple(
            ShortRateRow(row["state"], Line(row["line"]), Method(row["method"]), cited(row))
            for row in rows_of(texts["short_rate_rules"])
        ),
        tuple(read_reinstatement(row) for row in rows_of(texts["reinstatement"])),
        tuple(read_contest(row) for row in rows_of(texts["contestability"])),
    )


def _notice(row: Mapping[str, str]) -> NoticeRow:
    return NoticeRow(
        Action(row["action"]), row["state"], Line(row["line"]), row["reason"], int(row["from_day"]), _whole(row["to_day"]),
        int(row["days"]), _whole(row["most_days"]), int(row["mail_days"]), _whole(row["after_due_days"]),
        frozenset(Sent(word) for word in row["methods"].split(";")),
        frozenset(Recipient(word) for word in row["recipients"].split(";") if word), cited(row),
    )  # fmt: skip


def _grace(row: Mapping[str, str]) -> GraceRow:
    grace = Grace(int(row["days"]), int(row["months"]), _whole(row["ends_after_months"]))
    return GraceRow(row["state"], Line(row["line"]), row["kind"], grace, cited(row))


def _whole(text: str) -> int | None:
    return int(text) if text else None


def _too_early(row: NoticeRow, notice: Notice) -> bool:
    return row.most_days is not None and (notice.effective_on - notice.mailed_on).days > row.most_days


def _too_late(row: NoticeRow, notice: Notice) -> bool:
    if row.after_due_days is None:
        return False
    return notice.due_on is None or (notice.mailed_on - notice.due_on).days > row.after_due_days


def _unproven(notice: Notice) -> bool:
    return notice.sent is Sent.MAIL_WITH_PROOF and not notice.proof


def _before_due(notice: Notice) -> bool:
    """A premium may be paid until the end of its due day; before that nothing is unpaid that could be announced."""
    return notice.reason is Reason.NONPAYMENT and (notice.due_on is None or notice.mailed_on <= notice.due_on)


def _not_due(notice: Notice) -> str:
    if notice.due_on is None:
        return "is about a premium, and none was overdue when it was mailed"
    return f"may not be mailed before the premium of {notice.due_on} is overdue"


def _listed(methods: Sequence[Sent] | frozenset[Sent]) -> str:
    return " or ".join(sorted(one.value.replace("_", " ") for one in methods))
