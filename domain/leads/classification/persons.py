"""Who writes, kept from those who read what is wanted: names and congregations must not sway what a lead is about."""

from __future__ import annotations

import re

_PART = r"[A-Z\u00c0-\u00de][\w'\u2019.-]*(?<![.,])"
_WHOLE = rf"{_PART}(?:(?:[ \t]+(?:de|del|la|los|van|von|bin|al)){{0,2}}[ \t]+{_PART}){{1,3}}"
_ANY = rf"(?:{_WHOLE}|{_PART})"
_GREETING = r"(?:(?:hi|hello|hey|hola|good (?:morning|afternoon|evening))\b[,! ]*)?"
_NAMES = re.compile(
    # one word is a name only after words that announce nothing else; two in capitals may also be a line of business
    rf"(?i:\b(?:my name is|my name's|name is|me llamo|mi nombre es)\s+)({_ANY})"
    rf"|(?i:\b(?:this is|i am|i'm|i\u2019m|im|it's|it\u2019s|its|soy|habla|le habla)\s+)({_WHOLE})"
    rf"|(?:^|(?<=[.!?\n])\s*)(?i:{_GREETING})({_WHOLE})(?=\s+(?i:here|speaking)\b)"
)
_CONGREGATIONS = re.compile(
    r"\b(?:(churches|mosques|synagogues|temples|iglesias|mezquitas|sinagogas)"
    r"|church|mosque|synagogue|temple|gurdwara|iglesia|mezquita|sinagoga)\b",
    re.IGNORECASE,
)


def without_names(text: str) -> str:
    """``text`` with the names that people give themselves blanked out, of exactly the same length, so that offsets stay valid."""
    kept = text
    for match in _NAMES.finditer(text):
        start, end = match.span(match.lastindex or 0)
        kept = f"{kept[:start]}{' ' * (end - start)}{kept[end:]}"
    return kept


def alike(text: str) -> str:
    """``text`` as models read it: every congregation by one word, no gaps where names stood, and no full stop at its end, by which
    a model is surer of a wish that says the same.
    """
    told = _CONGREGATIONS.sub(lambda found: "churches" if found.group(1) else "church", text)
    return re.sub(r"[ \t]{2,}", " ", told).strip().rstrip(".")
