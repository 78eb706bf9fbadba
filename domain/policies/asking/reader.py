"""Reads a request about a policy by rules: the same words say the same, here and now, without a model.

The words are data. They fill in what is wished for; what may be done with it is decided in :mod:`domain.policies.asking.deciding`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from domain.policies.asking.cues import (
    ADD,
    ALL_OF_THEM,
    CANCEL,
    COVERAGES,
    DEDUCTIBLE,
    FORBIDDEN_CUES,
    INSURERS,
    LINE_NAMED,
    LINES,
    MAKES,
    NEW_VEHICLE,
    NO_CHANGE,
    NO_LAPSE,
    NO_LOSS,
    NOT_CANCEL,
    NUMBER,
    OBJECT,
    OTHER_THAN,
    PARTS,
    PERSON,
    POLICY,
    READS,
    REMOVE,
    REPLACED,
    VEHICLE,
    WHOLE,
)
from domain.policies.asking.days import MONTHS, WEEKDAYS, effective_day, stated_day
from domain.policies.asking.people import name_in, people_in
from domain.policies.asking.text import Text, fold, read_text
from domain.policies.asking.words import CHANGES, Forbidden, Intent, Known, Reading, Slot, Vehicle

VERSION = "policy-requests-1"
_CLAUSE = re.compile(r" [.;!?] | , | and then | then | and also | and (?=(?:please )?(?:add|remove|take|drop|raise|lower|cancel|put|change|bump|increase|send|set|make)\b)"
                     r"| y (?=(?:agreg|quit|sac|sub|baj|cancel|envi|elimin))")  # fmt: skip
_AMOUNT = re.compile(r"(?P<sign>\$ )?(?P<n>\d[\d,]*(?:\.\d{1,2})?)(?P<k>k| (?:thousand|grand|mil)\b)?(?![\d/-])")
_TO = re.compile(r"\b(?:to|at|of|it|a|be|en|hasta|into)(?: \$)? $|\b(?:to|at|a|it)(?: a| be)? $")
_PAST_POLICY = re.compile(rf"\b(?:{'|'.join(LINES.values())}) (?={POLICY}\b)")
_WORDS = (
    "policy", "coverage", "insurance", "please", "cancel", "remove", "deductible", "effective", "starting", "daughter", "driver",
    "vehicle", "payment", "declarations", "reinstate", "renew", "tomorrow", "immediately", "december", "january", "november",
    "premium", "raise", "lower", "change", "increase", "collision", "comprehensive", "cancelar", "poliza", "agregar", "husband",
    "thanks", "really", "again", "another", "because", "before", "there", "their", "where", "would", "could", "should", "about",
    "today", "yesterday", "friday", "monday", "tuesday", "thursday", "wednesday", "saturday", "sunday", "address", "pause",
    "suspend", "wife", "raised", "taken", "renewal", "renewed", "cancelled", "canceled", "cancellation", "drive", "drives",
    "driving", "drivers", "vehicles", "payments", "policies", "changed", "premiums", "increased", "lowered", "reduce", "house",
    "home", "month", "months", "monthly", "later", "after", "order", "orders", "force", "terminate", "beginning", "declaration",
    "notice", "approval", "discount", "guarantee", "coverages", "deductibles", "reinstated", "removed", "added", "adding", "stand",
    "start", "started", "starts", "ended", "ending", "price", "priced", "prices", "claim", "claims", "moved", "switched", "carrier",
    "carriers", "company", "state", "stated", "statement", "letter", "email", "phone", "paid", "paying", "bought", "trade", "traded",
)  # fmt: skip


def understand(words: str, known: Known) -> Reading:
    """What the request says about this policy. A request that nobody can read is ``UNKNOWN``, never a guess at a change."""
    text = read_text(words, {*_WORDS, *MONTHS, *WEEKDAYS, *MAKES, *_own_words(known)})
    plain = text.plain
    days = effective_day(plain, known.today)
    forbidden = next((one for one, cue in FORBIDDEN_CUES.items() if cue.search(plain)), None)
    bare = plain
    if days.found:
        bare = plain[: days.found.start] + "#" * (days.found.end - days.found.start) + plain[days.found.end :]
    asks, slots = _asked(text, bare, known)
    if forbidden is None and days.found and days.found.day < known.today and CHANGES & set(asks):
        forbidden = Forbidden.BACKDATE
    if Intent.REINSTATE in asks:
        slots |= _coming_back(plain, known)
    if Intent.CANCEL in asks:
        slots["reason"] = "insurer" if INSURERS.search(plain) else "replaced" if REPLACED.search(plain) else "request"
    said = text.written(days.found.start, days.found.end) if days.found else None
    return Reading(
        asks, slots, days.found.day if days.found else None, said, days.several, _other_policy(plain, known), forbidden
    )


def _own_words(known: Known) -> Iterator[str]:
    for one in known.vehicles:
        yield from fold(f"{one.make} {one.model}").split()


def _asked(text: Text, plain: str, known: Known) -> tuple[tuple[Intent, ...], dict[str, Slot]]:
    """Intents in the order in which they are said, with what they are about."""
    places: dict[Intent, int] = {}
    slots: dict[str, Slot] = {}
    for place, intent, found in _changes(text, plain, known):
        places.setdefault(intent, place)
        slots |= found
    if (match := DEDUCTIBLE.search(plain)) is not None and not NO_CHANGE.search(plain):
        places[Intent.CHANGE_DEDUCTIBLE] = match.start()
        slots |= _deductible(plain, known)
    for intent, cue in READS.items():
        if (match := cue.search(plain)) is not None:
            places[intent] = match.start()
            if intent is Intent.EXPLAIN_BILL:  # "why is my next payment so high" asks once
                plain = plain[: match.start()] + "#" * len(match[0]) + plain[match.end() :]
    ended = CANCEL.search(NOT_CANCEL.sub(" ", plain))
    if ended is not None:
        places[Intent.CANCEL] = plain.find(ended[0]) if ended[0] in plain else 0
    _settled(places, plain)
    _of_the_whole(places, slots, plain, known)
    asks = tuple(sorted(places, key=lambda one: places[one]))
    return asks or (Intent.UNKNOWN,), slots


def _settled(places: dict[Intent, int], plain: str) -> None:
    """One wish is not read twice: what explains a word takes it from what merely has it."""
    if Intent.REINSTATE in places:
        places.pop(Intent.CANCEL, None)
    if Intent.EXPLAIN_BILL in places:
        for one in (Intent.RENEW, Intent.CHANGE_DEDUCTIBLE):
            places.pop(one, None)
    if Intent.PAUSE in places:
        for one in (Intent.CANCEL, Intent.REINSTATE, Intent.RENEW):
            places.pop(one, None)
    if Intent.CANCEL in places:
        # "take it off", "drop the policy": the whole is ended, and no part of it
        for one in (Intent.REMOVE_DRIVER, Intent.REMOVE_VEHICLE):
            if one in places and CANCEL.search(plain, places[one]) and not VEHICLE.search(plain):
                places.pop(one)
    if Intent.SEND_DECLARATIONS in places and Intent.NEXT_PAYMENT in places and "pay" not in plain:
        places.pop(Intent.NEXT_PAYMENT)


def _of_the_whole(places: dict[Intent, int], slots: dict[str, Slot], plain: str, known: Known) -> None:
    """Only the policy itself is ended or renewed: a vehicle is removed, and an appointment or a coverage is for a person."""
    named = OBJECT.search(plain)
    if named is None or not named["of"] or (WHOLE.search(named["of"]) and not PARTS.search(named["of"])):
        return
    cars = _cars(named["of"], known)
    if Intent.CANCEL in places and (cars or VEHICLE.match(named["of"])):
        places[Intent.REMOVE_VEHICLE] = places.pop(Intent.CANCEL)
        slots.pop("vehicle", None)
        if len(cars) == 1:
            slots["vehicle"] = cars[0].key
        return
    for one in (Intent.CANCEL, Intent.RENEW):
        places.pop(one, None)


def _changes(text: Text, plain: str, known: Known) -> Iterator[tuple[int, Intent, dict[str, Slot]]]:
    """Additions and removals, a clause at a time; what a clause calls "it" or "him" is looked for in the whole."""
    at = 0
    for clause in _split(plain):
        end = at + len(clause)
        bare = _PAST_POLICY.sub(lambda found: "_" * len(found[0]), clause)
        removes, adds = REMOVE.search(bare), ADD.search(bare) or NEW_VEHICLE.search(bare)
        if PARTS.search(bare):  # of a part: for a person
            at = end
            continue
        if removes is not None and not (CANCEL.search(bare) and not VEHICLE.search(bare) and not _cars(bare, known)):
            yield from _removal(at + removes.start(), bare, plain, known)
        elif adds is not None and not DEDUCTIBLE.search(bare):
            yield from _addition(text, at, end, adds.start(), bare)
        at = end


def _split(plain: str) -> list[str]:
    """Clauses; their lengths add up to that of the whole."""
    cuts = [match.end() for match in _CLAUSE.finditer(plain)]
    return [plain[start:end] for start, end in zip([0, *cuts], [*cuts, len(plain)], strict=True)]


def _removal(place: int, clause: str, whole: str, known: Known) -> Iterator[tuple[int, Intent, dict[str, Slot]]]:
    for part in (clause, whole):
        cars = _cars(part, known)
        people = people_in(part, known.drivers)
        if people and (part is clause or not cars):
            yield place, Intent.REMOVE_DRIVER, {"driver": people[0]} if len(people) == 1 else {}
            return
        if cars or VEHICLE.search(part) or any(make in part.split() for make in MAKES):
            yield place, Intent.REMOVE_VEHICLE, {"vehicle": cars[0].key} if len(cars) == 1 else {}
            return
        if PERSON.search(part):
            yield place, Intent.REMOVE_DRIVER, {}
            return


def _addition(text: Text, at: int, end: int, verb: int, clause: str) -> Iterator[tuple[int, Intent, dict[str, Slot]]]:
    name = name_in(text, at, end)
    if name is not None or PERSON.search(clause):
        yield at + verb, Intent.ADD_DRIVER, {"driver": name} if name else {}
    elif NEW_VEHICLE.search(clause) or VEHICLE.search(clause) or any(make in clause.split() for make in MAKES):
        yield at + verb, Intent.ADD_VEHICLE, {}


def _cars(part: str, known: Known) -> list[Vehicle]:
    """The policy's vehicles that fit the words best: by model, year and make together; several where they fit alike."""
    words = set(part.split())
    if OTHER_THAN.search(part) and len(known.vehicles) > 1:
        return list(known.vehicles)  # "the other one": which is asked
    named = [one for one in known.vehicles if set(fold(one.model).split()) & words]
    if len(named) > 1:
        return named
    scored = [
        (sum((str(one.year) in words, fold(one.make) in words, 2 * bool(set(fold(one.model).split()) & words))), one)
        for one in known.vehicles
    ]
    best = max((score for score, _ in scored), default=0)
    years = {word for word in words if re.fullmatch(r"(?:19|20)\d\d", word)}
    found = [one for score, one in scored if score == best and best > 0]
    # a year that none of them has says that another vehicle is meant
    return [one for one in found if not years or str(one.year) in years] if found else []


def _deductible(plain: str, known: Known) -> dict[str, Slot]:
    found: dict[str, Slot] = {}
    amounts = [match for match in _AMOUNT.finditer(plain) if _is_amount(match, known)]
    to = [match for match in amounts if _TO.search(plain[: match.start()])] or [one for one in amounts if one["sign"]]
    if wanted := to or amounts:
        minor = _minor(wanted[-1])
        found["deductible_minor"] = minor
    codes = [code for code, cue in COVERAGES.items() if re.search(rf"\b(?:{cue})\b", plain)]
    held = {one.code for one in known.deductibles}
    named = [code for code in codes if code in held]
    if len(named) == 1:
        found["coverage"] = named[0]
    elif ALL_OF_THEM.search(plain) and len(named) != 1:
        found["coverage"] = "all"
    if len(cars := _cars(plain, known)) == 1:
        found["vehicle"] = cars[0].key
    return found


def _is_amount(match: re.Match[str], known: Known) -> bool:
    whole = match["n"].replace(",", "")
    years = {str(one.year) for one in known.vehicles}
    return match["sign"] is not None or (whole not in years and float(whole) >= 1)


def _minor(match: re.Match[str]) -> int:
    whole, _, part = match["n"].replace(",", "").partition(".")
    return (int(whole) * (1000 if match["k"] else 1)) * 100 + int(part.ljust(2, "0") or 0)


def _coming_back(plain: str, known: Known) -> Mapping[str, Slot]:
    """With or without a gap; without one a statement of no loss is needed, and its day."""
    if not NO_LAPSE.search(plain) and not NO_LOSS.search(plain):
        return {"lapse": True}
    stated = stated_day(plain, known.today) if NO_LOSS.search(plain) else None
    return {"lapse": False, **({"no_loss_on": stated.isoformat()} if stated else {})}


def _other_policy(plain: str, known: Known) -> str | None:
    """The number or line in the words that is not this policy's."""
    own = re.sub(r"[^a-z0-9]", "", (known.number or "").lower())
    for match in NUMBER.finditer(plain):
        if re.sub(r"[^a-z0-9]", "", match[0]) != own:
            return match[0].upper()
    for match in LINE_NAMED.finditer(plain):
        word = match["line"] or match["line2"]
        line = next(line for line, cue in LINES.items() if re.fullmatch(cue, word))
        if line != known.line and not (known.line in {"home", "renters"} and line in {"home", "renters"}):
            return line
    return None


def amount_in(words: str, known: Known) -> int | None:
    """The one amount in words, in minor units; None where there is none, or several."""
    found = [match for match in _AMOUNT.finditer(read_text(words, ()).plain) if _is_amount(match, known)]
    return _minor(found[0]) if len(found) == 1 else None
