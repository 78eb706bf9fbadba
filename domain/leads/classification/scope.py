"""Messages that want nothing an insurance agency does: spam, sellers, job seekers, wrong numbers, requests to stop."""

from __future__ import annotations

import re

from domain.leads.classification.text import Hint, plain, readable

_PHRASES = (
    r"seo", r"backlinks?", r"guest post", r"page (?:1|one) of google", r"bitcoin", r"crypto\w*", r"criptomonedas?", r"viagra",
    r"cialis", r"click here", r"casino", r"lottery winner", r"unsubscribe", r"stop (?:texting|calling|emailing|contacting) me",
    r"(?:remove|take) (?:me|my (?:number|name|email)) (?:from|off)", r"wrong (?:number|person)", r"are you hiring",
    r"(?:my )?resume attached", r"looking for (?:a )?(?:job|work|employment)", r"web(?:site)? design", r"merchant processing",
    r"instagram followers", r"free (?:iphone|gift card)", r"make money (?:online|from home)", r"personal loan", r"payday loan",
    r"earn \$?\d[\d,]* (?:a|per) (?:day|week)", r"refinance rates", r"for sale", r"job application", r"se vende",
    r"numero equivocado", r"no me (?:llamen?|manden?|escriban?) mas", r"busco (?:trabajo|empleo)", r"gane dinero",
    r"prestamo rapido", r"paginas web", r"ignore (?:all )?(?:the )?(?:previous|prior|above) instructions", r"system prompt",
)  # fmt: skip
_OUT = re.compile(rf"(?<!\w)(?:{'|'.join(_PHRASES)})(?!\w)", re.IGNORECASE)
_INSURANCE = re.compile(
    r"\b(?:insur\w*|coverage|covered|polic(?:y|ies)|premiums?|deductibles?|liability|annuit\w+|medicare|medigap|quote|"
    r"segur[oa]s?|aseguran[zs]a|poliza|cobertura|cotiza\w*)\b",
    re.IGNORECASE,
)


def scope_hint(text: str) -> Hint[bool] | None:
    """The phrase that shows ``text`` is not for us, or None. Words of insurance beside it win: a lead is worth a look.

    An instruction to the reader ("ignore previous instructions") is such a phrase and nothing more: it has no power.
    """
    text = readable(text)
    bare = plain(text)
    match = _OUT.search(bare)
    if match is None or _INSURANCE.search(bare):
        return None
    return Hint(label=True, quote=text[match.start() : match.end()], strength=3.0, start=match.start(), end=match.end())
