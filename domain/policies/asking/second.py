"""What a second reader, a language model, may add to a request that the rules left open; days and amounts stay with the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domain.policies.asking.days import effective_day
from domain.policies.asking.deciding import Ends, decide
from domain.policies.asking.reader import amount_in
from domain.policies.asking.text import read_text
from domain.policies.asking.words import CHANGES, Forbidden, Intent, Known, Reading, Slot

OPEN_SLOTS: Mapping[str, str] = {
    "driver": "the full name of the driver who is to be added or removed, as written",
    "vehicle": "the key of the vehicle that is meant",
    "coverage": "the code of the coverage whose deductible is meant",
    "deductible_minor": "the words that say what the deductible should be, as written",
    "day": "the words that name the day from which it counts, as written",
}
"""What may be filled in, and in which form it is handed over."""
MEANINGS: Mapping[Intent, str] = {
    Intent.ADD_DRIVER: "a person is to be added as a driver", Intent.REMOVE_DRIVER: "a driver is to be taken off",
    Intent.ADD_VEHICLE: "a vehicle is to be added", Intent.REMOVE_VEHICLE: "a vehicle is to be taken off",
    Intent.CHANGE_DEDUCTIBLE: "a deductible is to be another", Intent.CANCEL: "the policy is to end before its term does",
    Intent.REINSTATE: "cover that ended is to be taken up again", Intent.RENEW: "the policy is to go on for another term",
    Intent.EXPLAIN_BILL: "why it costs what it costs", Intent.NEXT_PAYMENT: "when or how much is to be paid next",
    Intent.SEND_DECLARATIONS: "the declarations page, or proof of insurance", Intent.PAUSE: "cover is to rest for a while",
}  # fmt: skip


def left_open(reading: Reading, known: Known) -> tuple[str, ...] | None:
    """What the rules did not find: names of slots, none where they did not see what is wished for; None where nothing is open.

    A request that nobody may do is not put to anybody.
    """
    if reading.forbidden is not None:
        return None
    if reading.asks == (Intent.UNKNOWN,):
        return ()
    verdict = decide(reading, known)
    if verdict.ends is not Ends.ASKS:
        return None
    return tuple(one for one in verdict.missing if one in OPEN_SLOTS) or None


def filled(reading: Reading, known: Known, asks: tuple[Intent, ...], said: Mapping[str, str]) -> Reading:
    """The reading with what the second reader found: intents where there were none, slots where they were missing."""
    if reading.asks == (Intent.UNKNOWN,) and asks:
        reading = replace(reading, asks=asks)
    slots: dict[str, Slot] = dict(reading.slots)
    for name in ("driver", "vehicle", "coverage", "deductible_minor"):
        if name in said and name not in slots and (value := _value(name, said[name], reading, known)) is not None:
            slots[name] = value
    reading = replace(reading, slots=slots)
    if "day" in said and reading.day is None and not reading.several:
        text = read_text(said["day"], ())
        found = effective_day(text.plain, known.today).found
        if found is not None:
            reading = replace(reading, day=found.day, said=said["day"])
    if reading.day is not None and reading.day < known.today and CHANGES & set(reading.asks):
        reading = replace(reading, forbidden=Forbidden.BACKDATE)
    return reading


def _value(name: str, said: str, reading: Reading, known: Known) -> Slot | None:
    if name == "deductible_minor":
        return amount_in(said, known)
    if name == "vehicle":
        return said if said in {one.key for one in known.vehicles} else None
    if name == "coverage":
        return said if said in {one.code for one in known.deductibles} else None
    if Intent.REMOVE_DRIVER in reading.asks:
        return next((key for key, driver in known.drivers.items() if driver.casefold() == said.casefold()), None)
    return said
