"""Which lead is meant: by id, by place in the answer before, by a pronoun, or by the name of its person."""

from __future__ import annotations

import re

from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import LeadRef, Setting
from domain.asking.understanding.names import name_in
from domain.asking.understanding.phrase import Phrase
from domain.asking.understanding.slots import take_ids

_NTH = {
    "first": 0, "1st": 0, "primer": 0, "primero": 0, "primera": 0, "second": 1, "2nd": 1, "segundo": 1, "segunda": 1, "third": 2,
    "3rd": 2, "tercero": 2, "tercer": 2, "tercera": 2, "fourth": 3, "cuarto": 3, "fifth": 4, "quinto": 4, "last": -1,
    "ultimo": -1, "ultima": -1, "top": 0, "best": 0,
}  # fmt: skip
_ORDINAL = re.compile(
    rf"\b(?:the |el |la |los |al |del )?(?P<o>{'|'.join(_NTH)})(?: (?:one|lead|offer|person|prospect|of (?:them|those|these)|prospecto|oferta))*\b(?! (?:week|month|year|quarter|days?|hours?|contact|call))"
)
_NUMBERED = re.compile(r"\b(?:number|numero|lead|offer|oferta|no) (?P<n>\d{1,2})\b(?! ?:)")
_NUMBER_TH = re.compile(r"\b(?P<n>\d{1,2}) ?(?:st|nd|rd|th)\b(?: one| lead| offer)?")
_PRONOUN = any_of(
    r"(?:this|that|the same|the) (?:one|lead|person|prospect|client|customer|guy|lady|woman|man|offer)(?: 's)?|she|"
    r"her|hers|he|him|his|it|its|this|that|them|they"
    r"|(?:ese|esa|este|esta|el|la) (?:prospecto|cliente|persona|oferta)?(?= |$)|ella|el mismo|eso|esto|lo|le|ese|esa"
)
_THOSE = any_of(
    r"(?:of )?(?:those|these|them)(?: ones| leads)?|which ones?|the ones|among them|(?:de )?(?:esos|esas|estos|ellos)|"
    r"are there|from (?:that|this) list"
)


def last_leads(setting: Setting) -> tuple[str, ...]:
    """The leads of the latest answer that named any."""
    return next((one.leads for one in reversed(setting.past) if one.leads), ())


def speaks_of_those(phrase: Phrase) -> bool:
    """Whether the phrase refers to the list before."""
    return phrase.has(_THOSE)


def lead_in(phrase: Phrase, setting: Setting, ids: list[str], *, names: bool = True) -> LeadRef | str | None:
    """The lead meant; ``ambiguous`` where a pronoun could be several; None where none is named."""
    found = ids or take_ids(phrase)
    if found:
        return LeadRef(id=found[0])
    before = last_leads(setting)
    place = _place(phrase)
    if place is not None and before:
        return LeadRef(id=before[place]) if -len(before) <= place < len(before) else "ambiguous"
    if names and (name := name_in(phrase)):
        return LeadRef(name=name)
    if phrase.take(_PRONOUN):
        if len(before) == 1:
            return LeadRef(id=before[0])
        return "ambiguous"
    return None


def place_in(plain: str) -> int | None:
    """The place in a list that the words name, from 0 or backwards from -1."""
    return _place(Phrase(plain, plain, list(range(len(plain) + 1))))


def _place(phrase: Phrase) -> int | None:
    if match := phrase.take(_ORDINAL):
        return _NTH[match["o"]]
    if match := phrase.take(_NUMBERED) or phrase.take(_NUMBER_TH):
        return int(match["n"]) - 1
    return None
