"""Messages that want nothing an insurance agency does: spam, sellers, job seekers, wrong numbers, requests to stop."""

from __future__ import annotations

import re

from domain.leads.classification.text import Hint, plain, readable

_OUT = re.compile(
    r"(?<!\w)(?:seo|backlinks?|guest post|page (?:1|one) of google|bitcoin|crypto\w*|criptomonedas?|viagra|cialis|click here|casino|lottery winner|"
    r"unsubscribe|stop (?:texting|calling|emailing|contacting) me|(?:remove|take) (?:me|my (?:number|name|email)) (?:from|off)|wrong (?:number|person)|"
    r"are you hiring|(?:my )?resume attached|looking for (?:a )?(?:job|work|employment)|web(?:site)? design|merchant processing|instagram followers|"
    r"free (?:iphone|gift card)|make money (?:online|from home)|earn \$?\d[\d,]* (?:a|per) (?:day|week)|personal loan|payday loan|refinance rates|"
    r"numero equivocado|no me (?:llamen?|manden?|escriban?) mas|busco (?:trabajo|empleo)|gane dinero|prestamo rapido|paginas web|"
    r"ignore (?:all )?(?:the )?(?:previous|prior|above) instructions|system prompt)(?!\w)",
    re.IGNORECASE,
)
_INSURANCE = re.compile(
    r"\b(?:insur\w*|coverage|covered|polic(?:y|ies)|premiums?|deductibles?|liability|annuit\w+|medicare|medigap|quote|segur[oa]s?|aseguran[zs]a|"
    r"poliza|cobertura|cotiza\w*)\b",
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
