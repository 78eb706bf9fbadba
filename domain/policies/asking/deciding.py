"""What becomes of a request: refused, asked back, left to a person, answered, or a step that waits for whose word it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.policies.asking.words import (
    ANSWERED,
    APPROVALS,
    CHANGES,
    ENDORSES,
    FOR_A_PERSON,
    FORBIDDEN,
    NEW_VEHICLE,
    Approval,
    Deductible,
    Doubt,
    Forbidden,
    Intent,
    Known,
    Reading,
)
from domain.policies.contents import Operation, Part, Verb
from domain.policies.words import IN_FORCE, PolicyStatus


class Ends(StrEnum):
    """How a request stands. ``WORKING`` and ``WAITING`` (for a person's word) are open, all others are over."""

    WORKING = "working"
    WAITING = "waiting"
    ANSWERED = "answered"
    ASKS = "asks"
    DONE = "done"
    REFUSED = "refused"
    DECLINED = "declined"
    EXPIRED = "expired"
    NEEDS_PERSON = "needs_person"


OPEN = frozenset({Ends.WORKING, Ends.WAITING})


class Step(StrEnum):
    """What is done with a policy on a request."""

    ENDORSE = "endorse"
    CANCEL = "cancel"
    REINSTATE = "reinstate"
    RENEW = "renew"


STEPS = {Intent.CANCEL: Step.CANCEL, Intent.REINSTATE: Step.REINSTATE, Intent.RENEW: Step.RENEW}


@dataclass(frozen=True, slots=True)
class Verdict:
    """``step`` with the ``day`` it counts from and whose ``approval`` it takes; or how the request ends, with ``code`` and words.

    ``missing`` names what has to be said. ``assumed`` is set where no day was said and today is meant.
    """

    ends: Ends
    code: str = ""
    words: str = ""
    missing: tuple[str, ...] = ()
    step: Step | None = None
    day: date | None = None
    approval: Approval = Approval.NONE
    operations: tuple[Operation, ...] = ()
    assumed: bool = False


QUESTIONS = {
    "driver": "Who is it? Give the full name.",
    "vehicle": "Which vehicle is it?",
    "coverage": "Which coverage's deductible is it?",
    "deductible_minor": "What should the deductible be?",
    "day": "From which day? What ends cover needs its day said.",
    "days": "More than one day is named. From which day does it count?",
    "policy": "The words name another policy. Ask about that one, or leave its name out.",
    "one": "These do not go together. Ask for one of them first.",
    "new_vehicle": "Which vehicle is it? Attach its registration, or have a licensed person enter it.",
    "no_loss_on": "Without a gap a statement of no loss is needed. On which day was it signed?",
}
"""What is asked back, by what is missing."""
_STATED = {
    "driver": "the driver's name", "vehicle": "the vehicle", "new_vehicle": "the vehicle's year, make, model and VIN",
    "day": "the day", "no_loss_on": "the day of the signature",
}  # fmt: skip
_DOUBTS = {
    Doubt.UNREAD: "is not read yet; ask again when it is, or say in words {0}",
    Doubt.UNREADABLE: "could not be read; send a better copy, or say in words {0}",
    Doubt.REJECTED: "was rejected by a person; send a new version of it",
    Doubt.REPLACED: "has a newer version; name that one",
    Doubt.EXPIRED: "is no longer good; send one that is, or say in words {0}",
    Doubt.REVIEW: "needs a person's look before it counts; have it verified, or say in words {0}",
    Doubt.UNSURE: "could not be read for certain on {0}; have it verified, or say it in words",
    Doubt.SEVERAL: "says more than one thing on {0}; say which is meant",
    Doubt.NOT_STATED: "does not state {0}",
    Doubt.DIFFERS: "and the words do not agree on {0}; ask anew with what is right",
    Doubt.OTHER_POLICY: "names another policy; send the statement for this one",
    Doubt.NO_MATCH: "is about no vehicle of this policy",
    Doubt.PAST: "states a day that has passed; say from which day, today or later",
    Doubt.AHEAD: "is signed on a day that has not come; send one that is signed",
}  # fmt: skip
"""What is said of a document that fills a slot not, with the slot in words."""
_MOST_DEDUCTIBLE = 10_000_000
"""Minor units; more than that is a limit or a slip of the keyboard."""


def decide(reading: Reading, known: Known) -> Verdict:
    """The verdict on a request. Nothing in its words or documents can change whose approval it takes."""
    verdict = _decided(reading, known)
    unsettled = verdict.ends in {Ends.WAITING, Ends.ASKS} or verdict.code == "needs_rating"
    return _doubted(verdict, reading) if reading.faults and unsettled else verdict


def _doubted(verdict: Verdict, reading: Reading) -> Verdict:
    """Asks, whatever else it would be: a document is in doubt where it is needed, or speaks against the words."""
    told = [f"Document {one.document} {_DOUBTS[one.doubt].format(_STATED[one.slot])}." for one in reading.faults]
    slots = dict.fromkeys([*verdict.missing, *(one.slot for one in reading.faults)])
    told += [QUESTIONS[one] for one in verdict.missing]
    return Verdict(Ends.ASKS, "asks_back", " ".join(told), tuple(slots))


def _decided(reading: Reading, known: Known) -> Verdict:  # noqa: PLR0911 - one for each way that a request goes
    if reading.forbidden is not None:
        return Verdict(Ends.REFUSED, reading.forbidden.value, FORBIDDEN[reading.forbidden])
    if reading.named is not None:
        return _asks(["policy"])
    stated = all(one in reading.slots for one in NEW_VEHICLE) and known.garaged is not None
    endorses = ENDORSES | {Intent.ADD_VEHICLE} if stated else ENDORSES
    wished = [one for one in reading.asks if one in CHANGES | endorses]
    if any(one in FOR_A_PERSON - endorses for one in reading.asks):
        return _person(reading)
    if not wished:
        assert all(one in ANSWERED for one in reading.asks), "every intent changes, is answered, or is for a person"
        return Verdict(Ends.ANSWERED)
    if len(wished) > 1 and not endorses.issuperset(wished):
        return _asks(["one"])
    if reading.several:
        return _asks(["days"])
    if endorses.issuperset(wished):
        return _endorsement(reading, wished, known)
    return _whole(reading, wished[0], known)


def _asks(missing: list[str]) -> Verdict:
    return Verdict(Ends.ASKS, "asks_back", " ".join(QUESTIONS[one] for one in missing), tuple(missing))


def _refused(code: str, words: str) -> Verdict:
    return Verdict(Ends.REFUSED, code, words)


def _person(reading: Reading) -> Verdict:
    if Intent.PAUSE in reading.asks:
        words = "a policy is not paused: cover is in force or it is not; a person looks at what else would help"
        return Verdict(Ends.NEEDS_PERSON, "no_pause", words)
    if Intent.ADD_VEHICLE in reading.asks:
        words = "a new vehicle needs the carrier's price; a licensed person asks for it and enters the change"
        return Verdict(Ends.NEEDS_PERSON, "needs_rating", words)
    return Verdict(Ends.NEEDS_PERSON, "not_understood", "this was not understood; a person reads it")


def _endorsement(reading: Reading, wished: list[Intent], known: Known) -> Verdict:
    if known.status not in IN_FORCE:
        return _refused(
            f"policy_{known.status.value}", f"the policy is {known.status.value}; only what is in force is changed"
        )
    missing = list(dict.fromkeys(_missing(reading, wished, known)))
    if missing:
        return _asks(missing)
    if (refusal := _not_so(reading, wished, known)) is not None:
        return refusal
    day = reading.day or known.today
    if not max(known.start, known.today) <= day < known.end:
        return _outside(day, known)
    operations = tuple(operation for one in wished for operation in _operations(one, reading, known))
    return Verdict(
        Ends.WAITING,
        step=Step.ENDORSE,
        day=day,
        approval=Approval.AGENCY,
        operations=operations,
        assumed=reading.day is None,
    )


def _missing(reading: Reading, wished: list[Intent], known: Known) -> Iterator[str]:
    slots = reading.slots
    if {Intent.ADD_DRIVER, Intent.REMOVE_DRIVER} & set(wished) and not slots.get("driver"):
        yield "driver"
    if Intent.REMOVE_VEHICLE in wished and not slots.get("vehicle"):
        yield "vehicle"
    if Intent.CHANGE_DEDUCTIBLE in wished:
        if "deductible_minor" not in slots:
            yield "deductible_minor"
        if slots.get("coverage") is None and len({one.code for one in _meant(reading, known)}) > 1:
            yield "coverage"
    # What takes cover away needs its day said; what adds to it begins today where no day is.
    if {Intent.REMOVE_DRIVER, Intent.REMOVE_VEHICLE} & set(wished) and reading.day is None:
        yield "day"


def _not_so(reading: Reading, wished: list[Intent], known: Known) -> Verdict | None:
    """What cannot be, whatever anybody approves."""
    vehicle = _no_vehicle(reading, wished, known)
    return vehicle or _no_driver(reading, wished, known) or _no_deductible(reading, wished, known)


def _no_driver(reading: Reading, wished: list[Intent], known: Known) -> Verdict | None:
    driver = str(reading.slots.get("driver", ""))
    if Intent.REMOVE_DRIVER in wished and driver not in known.drivers:
        return _refused("no_such_driver", "the policy has no such driver")
    if Intent.ADD_DRIVER in wished and driver.casefold() in {one.casefold() for one in known.drivers.values()}:
        return _refused("already_so", "this driver is on the policy already")
    return None


def _no_vehicle(reading: Reading, wished: list[Intent], known: Known) -> Verdict | None:
    if Intent.ADD_VEHICLE in wished and reading.slots["new_vin"] in {one.vin for one in known.vehicles}:
        return _refused("already_so", "this vehicle is on the policy already")
    if Intent.REMOVE_VEHICLE in wished:
        left = [one for one in known.vehicles if one.key != reading.slots["vehicle"]]
        if len(left) == len(known.vehicles):
            return _refused("no_such_vehicle", "the policy has no such vehicle")
        if not left and Intent.ADD_VEHICLE not in wished:
            return _refused("last_vehicle", "it is the policy's only vehicle; end the policy instead")
    return None


def _no_deductible(reading: Reading, wished: list[Intent], known: Known) -> Verdict | None:
    if Intent.CHANGE_DEDUCTIBLE in wished:
        minor, meant = int(reading.slots["deductible_minor"]), _meant(reading, known)
        if not meant:
            return _refused("no_deductible", "this policy has no such deductible")
        if minor > _MOST_DEDUCTIBLE:
            return _refused("out_of_range", "this is no deductible; say it in whole units of the currency")
        if all(one.minor == minor for one in meant):
            return _refused("already_so", "the deductible is that already")
    return None


def _meant(reading: Reading, known: Known) -> list[Deductible]:
    coverage, vehicle = reading.slots.get("coverage"), reading.slots.get("vehicle")
    return [
        one for one in known.deductibles
        if coverage in {None, "all", one.code}
        and (vehicle is None or Intent.REMOVE_VEHICLE in reading.asks or one.object == vehicle)
    ]  # fmt: skip


def _operations(intent: Intent, reading: Reading, known: Known) -> Iterator[Operation]:
    slots = reading.slots
    if intent is Intent.ADD_DRIVER:
        yield Operation(
            Verb.ADD,
            Part.PARTY,
            _free("driver", len(known.drivers), known.taken),
            {"role": "driver", "name": slots["driver"]},
        )
    elif intent is Intent.ADD_VEHICLE:
        data = {name.removeprefix("new_"): slots[name] for name in NEW_VEHICLE} | {"garaging_zip": known.garaged}
        key = _free("vehicle", len(known.vehicles), known.objects)
        yield Operation(Verb.ADD, Part.OBJECT, key, {"kind": "vehicle", "data": data})
    elif intent is Intent.REMOVE_DRIVER:
        yield Operation(Verb.REMOVE, Part.PARTY, str(slots["driver"]))
    elif intent is Intent.REMOVE_VEHICLE:
        yield from (
            Operation(Verb.REMOVE, Part.COVERAGE, key) for key, of in known.covered.items() if of == slots["vehicle"]
        )
        yield Operation(Verb.REMOVE, Part.OBJECT, str(slots["vehicle"]))
    elif intent is Intent.CHANGE_DEDUCTIBLE:
        gone = slots.get("vehicle") if Intent.REMOVE_VEHICLE in reading.asks else None
        for one in _meant(reading, known):
            if one.minor != slots["deductible_minor"] and (gone is None or one.object != gone):
                yield Operation(Verb.CHANGE, Part.COVERAGE, one.key, {"deductible_minor": slots["deductible_minor"]})


def _free(word: str, there: int, taken: frozenset[str]) -> str:
    number = there + 1
    while f"{word}-{number}" in taken:
        number += 1
    return f"{word}-{number}"


def _whole(reading: Reading, intent: Intent, known: Known) -> Verdict:
    """Of the whole policy: ended, taken up again, renewed."""
    verdict = Verdict(Ends.WAITING, step=STEPS[intent], approval=APPROVALS[intent])
    if intent is Intent.CANCEL:
        return _cancellation(reading, known, verdict)
    if intent is Intent.REINSTATE:
        if known.status not in {PolicyStatus.CANCELLED, PolicyStatus.LAPSED}:
            return _refused(
                f"policy_{known.status.value}", f"the policy is {known.status.value}; only what ended is reinstated"
            )
        if not reading.slots.get("lapse", True) and not reading.slots.get("no_loss_on"):
            return _asks(["no_loss_on"])
        return verdict
    if known.status not in {PolicyStatus.ACTIVE, PolicyStatus.EXPIRED}:
        return _refused(
            f"policy_{known.status.value}", f"the policy is {known.status.value}; what is active is renewed"
        )
    return verdict


def _cancellation(reading: Reading, known: Known, verdict: Verdict) -> Verdict:
    if reading.slots.get("reason") == "insurer":
        words = "the insurer ends a policy by a statutory notice; a licensed person gives it"
        return Verdict(Ends.NEEDS_PERSON, "needs_notice", words)
    if known.status not in IN_FORCE:
        return _refused(
            f"policy_{known.status.value}", f"the policy is {known.status.value}; what is in force is ended"
        )
    if reading.day is None:
        return _asks(["day"])
    if not max(known.start, known.today) <= reading.day <= known.end:
        return _outside(reading.day, known)
    if known.asked_end == reading.day:
        return _refused("already_so", f"the policy is to end on {known.asked_end} already")
    return Verdict(verdict.ends, step=verdict.step, day=reading.day, approval=verdict.approval)


def _outside(day: date, known: Known) -> Verdict:
    if day < known.today:
        return _refused(Forbidden.BACKDATE.value, FORBIDDEN[Forbidden.BACKDATE])
    return _refused("outside_term", f"{day} is not in the term, which runs from {known.start} to {known.end}")
