"""Words by which a person ends messages: 47 CFR 64.1200(a)(10) names them; more may count, fewer may not."""

from __future__ import annotations

import re
import unicodedata

VERSION = "2025-04-11"
_WORDS = frozenset({
    "stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe",  # the rule's own
    "optout", "opt-out", "stopall", "stop all", "arret", "remove me",
    "alto", "parar", "pare", "cancelar", "baja", "detener", "no mas", "basta",
})  # fmt: skip
_VERBS = "text|call|contact|email|message"
_PHRASES = re.compile(
    rf"\b(stop (texting|messaging|calling|contacting|sending|emailing)|(do not|don'?t) ({_VERBS})|take me off|remove me|"
    r"unsubscribe|opt(ing)? out|leave me alone|no (me )?(llame|escriba|contacte)[ns]?|deje[n]? de)\b"
)
_FIRST = frozenset({"stop", "stopall", "unsubscribe", "quit", "cancel", "revoke"})
_FEW = 3


def stop_words(text: str) -> str | None:
    """The words that end messages, as they were found; None where there are none.

    A text that is one of the words, whatever stands around it, or a phrase that says so: *any reasonable means* (DOMAIN T16).
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    alone = " ".join(re.sub(r"[^\w' -]", " ", plain).split()).strip(" '-")
    if alone in _WORDS:
        return alone
    for polite in ("please ", "por favor "):
        if alone.removeprefix(polite) in _WORDS:
            return alone.removeprefix(polite)
    first, *rest = alone.split(" ")
    if first in _FIRST and len(rest) < _FEW:
        return first
    found = _PHRASES.search(alone)
    return found[0] if found else None
