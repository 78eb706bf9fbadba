"""How many SMS a text is: GSM-7 (3GPP TS 23.038, 6.2.1) where every character is in it, else UCS-2."""

from __future__ import annotations

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM_ONE, _GSM_MANY = 160, 153
_UCS_ONE, _UCS_MANY = 70, 67


@dataclass(frozen=True, slots=True)
class Segments:
    """``encoding`` is gsm7 or ucs2; ``units`` are septets or 16-bit units; ``count`` is what a carrier bills."""

    encoding: str
    units: int
    count: int


def segments(text: str) -> Segments:
    """An escape and its character, like the halves of a surrogate pair, are never parted, as carriers require."""
    gsm = all(letter in _BASIC or letter in _EXTENDED for letter in text)
    if gsm:
        widths = [2 if letter in _EXTENDED else 1 for letter in text]
        one, many, encoding = _GSM_ONE, _GSM_MANY, "gsm7"
    else:
        widths = [2 if ord(letter) > 0xFFFF else 1 for letter in text]  # noqa: PLR2004 - the end of the basic plane
        one, many, encoding = _UCS_ONE, _UCS_MANY, "ucs2"
    units = sum(widths)
    if units <= one:
        return Segments(encoding, units, 1 if units else 0)
    count, room = 1, many
    for width in widths:
        if width > room:
            count, room = count + 1, many
        room -= width
    return Segments(encoding, units, count)
