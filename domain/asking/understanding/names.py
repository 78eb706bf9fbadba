"""Names of people in a phrase: what is written with a capital, else what is nobody's word for anything."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.asking.understanding import phrasebook, wording
from domain.asking.understanding.lexicon import CORRECT, FUNCTION, LANGUAGES, LINES, SOURCES
from domain.asking.understanding.phrase import GONE, Phrase, bare

_NO_NAME_WORDS = (
    "own owned weather everyone everybody anyone anybody somebody someone nobody noone folks track record ring rings dial marching orders story scoop word words open enrollment deal done bank short quick offer ofertas oferta acepta accept accepted declined given went gone go ended explica explicame personally them know saying told tell approve notify spelling whole total keep drop notified because seen had has having ever mio mia mios mias llamar hablar contactar decir nos tiene tienen fue era hemos llamado primer segundo "
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
_COMMON_WORDS = (
    "away earth able almost alone along although always another anyhow anything anyway area around ask asked asking "
    "aside bad based become began behind being below beside besides beyond both bring brought busy buyer buying "
    "cancel case cause certain change changed chat cheap check choice clear close comes coming common complete "
    "concerned could couple cover covered current daily date dead decide decided deserve detail different difficult "
    "early easy either else enough even evening everyday exactly except expected expensive fact fair family fast "
    "favor feel few final finally fine finish follow forget forgot former forward found free friend front full "
    "further future general getting gives goal gone guess half hand handle hanging happy hard heard help helpful "
    "high hold hope house however huge idea ideas immediate inside instead interested issue job keep keeps kept "
    "kind knew knows large late lately later least leave left less let level likely limit little live lives long "
    "longer looks lose losing low made main major makes making manage matter matters maybe meant meet meeting "
    "middle might minute miss missed missing moment money months mostly move moved much must near nearly necessary "
    "need needs neither never nice nobody none normal note nothing number offer office often old once online only "
    "onto open order other otherwise outside over overdue own page paid part past pay people perhaps person phone "
    "pick picked piece place plan please plenty point possible potential present pretty previous price probably "
    "problem promised proper provide push quick quickly quiet quite rather reach read ready real really reason "
    "recent recently regular reply response rest result return returned right room round same saw says second seem "
    "seems seen sell sense sent serious serve set several share short should showed side sign signed simple since "
    "single sit sitting situation slow small soon sort sound speak special stand start started state stay still "
    "stop story strong stuck such sure switch take taken takes taking talk talked talking team tell ten than thank "
    "their themselves then these thing think third though thought through till time today together told tomorrow "
    "tonight total touch toward track tried try trying turn turned type under unless until update upset urgent use "
    "used useful using usual value very visit wait waiting want wanted wants warm waste watch way week weekend went "
    "were what whatever when whenever where whether which while whole whose why wife husband willing win wish with "
    "within without wonder word work worked working works worry worth would write writing wrong yeah year yesterday "
    "yet young yours marketing referral referrals policy policies agency handbook manual quote quotes insurance "
    "coverage license licensed licence carrier carriers deductible premium premiums "
)
_NO_NAME = (
    FUNCTION
    | frozenset(_COMMON_WORDS.split())
    | frozenset(_NO_NAME_WORDS.split())
    | phrasebook.vocabulary()
    | frozenset(wording.vocabulary())
)
_PROPER = CORRECT | frozenset(LANGUAGES) | frozenset("i sms crm tx fl il usa us e o eo ho llc inc ok".split())
"""Written with a capital, and yet nobody's name."""
_PARTICLES = frozenset(["de", "la", "van", "von", "del", "di", "da", "el", "st"])
_BEFORE = re.compile(
    r"\b(?:with|to|for|on|about|of|like|than|did|does|is|was|has|from|at|a|con|de|para|sobre|lead|named|called|llamar|meet) $"
)
_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    text: str
    capital: bool
    free: bool
    """Whether it means nothing else."""


def name_in(phrase: Phrase) -> str | None:
    """The run of words that is most plainly a name, taken out of the phrase; as it was written, corrected by nobody."""
    runs = _runs(_words(phrase))
    if not runs:
        return None
    run = max(runs, key=lambda one: (_likely(phrase, one), -one[0].start))[:_MOST_WORDS]
    begin, end = run[0].start, run[-1].start + len(run[-1].text)
    written = " ".join(phrase.written(one.start) for one in run)
    phrase.drop(begin, end)
    return written if any(one.isupper() for one in written) else written.title()


def _likely(phrase: Phrase, run: list[_Word]) -> tuple[bool, bool]:
    end = run[-1].start + len(run[-1].text)
    cue = _BEFORE.search(phrase.plain[: run[0].start]) or phrase.plain[end : end + 3] == " 's"
    return any(one.capital for one in run), bool(cue)


def _words(phrase: Phrase) -> list[_Word]:
    found = []
    for match in re.finditer(r"\S+", phrase.plain):
        word, start = match[0], match.start()
        own = phrase.written(start)
        mistaken = (
            word.isalpha()
            and bare(own) != word
            and own.isalpha()
            and bare(own) not in _NO_NAME
            and word not in _NO_NAME
        )
        free = word.isalpha() and len(word) > 1 and word not in _NO_NAME
        capital = phrase.capital(start, anywhere=free) and word not in _PROPER and not _is_term(word)
        found.append(_Word(start, word, capital and word.isalpha(), free or mistaken))
    return found


def _is_term(word: str) -> bool:
    return SOURCES.search(f"from {word}") is not None or any(pattern.fullmatch(word) for _, pattern in LINES)


def _runs(words: list[_Word]) -> list[list[_Word]]:
    runs: list[list[_Word]] = []
    run: list[_Word] = []
    capitals = any(one.capital for one in words)
    for place, one in enumerate(words):
        follows = words[place + 1] if place + 1 < len(words) else None
        fits = (
            one.capital
            or (one.free and not (capitals and run and run[-1].capital))
            or (bool(run) and one.text in _PARTICLES and follows is not None and follows.capital)
        )
        if fits and not (run and one.capital and not run[-1].capital and run[-1].text not in _PARTICLES):
            run.append(one)
        else:
            runs += [run] if run else []
            run = [one] if fits else []
    return [*runs, run] if run else runs


def is_word(word: str) -> bool:
    """Whether a word has a meaning here, so that it is no name by itself."""
    return word == GONE or word in _NO_NAME
