"""Which lead is meant: by id, by place in the answer before, by a pronoun, or by the name of its person."""

from __future__ import annotations

import re

from domain.asking.understanding.lexicon import FUNCTION, any_of
from domain.asking.understanding.meaning import LeadRef, Setting
from domain.asking.understanding.phrase import GONE, Phrase
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


def _place(phrase: Phrase) -> int | None:
    if match := phrase.take(_ORDINAL):
        return _NTH[match["o"]]
    if match := phrase.take(_NUMBERED) or phrase.take(_NUMBER_TH):
        return int(match["n"]) - 1
    return None


_NO_NAME_WORDS = (
    "offer ofertas oferta acepta accept accepted declined given went gone go ended explica explicame personally them know saying told tell approve notify spelling whole total keep drop notified because seen had has having ever mio mia mios mias llamar hablar contactar decir nos tiene tienen fue era hemos llamado primer segundo "
    "offer's premium year years birthday mark set change move reason was there with client's buy bought renewal rate "
    "quote follow following reminder remind appointment meeting update summary summarize picture background latest "
    "situation profile contact data address telephone phone number numbers correo mensaje texto llamada nota ayuda "
    "estado puntuacion hace assign assigning producer producer's go goes went gone mine ours belongs belong land "
    "landed end ended choose chosen pick picked receive receives received land explained explanation receipt decision "
    "decided logic routing ranking match matched similar comparable parecido parecidos parecida prior past earlier "
    "before after since did didnt doing work worked working next step steps action actions priority prioritize focus "
    "start begin advise suggestion suggest recommended recommend happened happening happen end ended outcome turned "
    "look looks hear heard talk speak meet think opinion idea chance chances worth close closing closed sale sell won "
    "lost interested interest urgency urgent important important's someone anybody anyone something anything "
    "everything nothing whatever kind sort type thing things way ways open pull bring display view draft write "
    "compose prepare redacta escribe borrador short brief friendly polite formal warm nice spanish english espanol "
    "ingles today's morning afternoon evening noon tomorrow manana minutes hours days weeks months am pm monday "
    "tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo por favor "
    "puedes quiero necesito asi dice sobre ver todo toda alguien algo nada otro otra paso siguiente hago hacer "
    "deberia debo primero ahora luego calendar task notification ping nudge callback catch check touch base thank "
    "thanks text texts texting sending sent letter record recorded log logged entry compare comparison against versus "
    "vs "
)
_NO_NAME = FUNCTION | frozenset(_NO_NAME_WORDS.split())
_MOST_WORDS = 3


def name_in(phrase: Phrase) -> str | None:
    """The first run of words that are nobody's but a name, taken out of the phrase."""
    best: tuple[int, int, list[str]] | None = None
    for match in re.finditer(rf"[^ {GONE}]+(?: [^ {GONE}]+)*", phrase.plain):
        start, begin = match.start(), match.start()
        run: list[str] = []
        for word in [*match[0].split(" "), ""]:
            if word and word.isalpha() and len(word) > 1 and word not in _NO_NAME:
                run = [*run, word]
            else:
                if run and best is None:
                    best = (begin, start - 1, run[:_MOST_WORDS])
                run, begin = [], start + len(word) + 1
            start += len(word) + 1
    if best is None:
        return None
    begin, _, words = best
    name = " ".join(words)
    phrase.drop(begin, begin + len(name))
    return name.title()
