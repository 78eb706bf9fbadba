"""Untrusted text for a model: cleaned of what a person cannot see, between marker lines that nothing inside can imitate.

A marker starts with three less-than signs and carries a random id. Inside, no less-than sign is left: each becomes a single
pointing quotation mark (U+2039), and of several signs of that look in a row, whatever their width or script and whatever blanks
lie between, one stays. So neither a marker nor a control token of a chat template (``<|im_end|>``) can be written there. Such
tokens in brackets (``[INST]``) get round ones.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from kernel.errors import FieldError, Invalid

MAX_CHARS = 20_000
"""Characters shown of one text unless the prompt says otherwise; the opening marker tells when there were more."""
OPEN = "<<<"
_READ_AHEAD = 4
"""Invisible characters cost nothing, but at most four times the limit is read, so that a huge text cannot hold up a run."""
_NONCE = re.compile(r"[0-9a-f]{16,64}")
_KIND = re.compile(r"[a-z][a-z0-9 ]{0,39}")
_LESS = "\u2039"
# What looks like one or more less-than signs, by width, script or purpose.
_LESS_LIKE = frozenset(
    "<\u00ab\u02c2\u1438\u16b2\u2039\u2264\u2266\u226a\u226e\u227a\u22b0\u22d6\u22d8\u2329\u276c\u276e\u2770\u27e8\u27ea\u29fc"
    "\u2a79\u2a7d\u2aa1\u2af7\u3008\u300a\ufe3d\ufe3f\ufe64\uff1c\U0001d236"
)
_ALWAYS = frozenset("<\uff1c\ufe64")
_TOKENS = re.compile(
    r"\[(/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|THINK|gMASK))\]",
    re.IGNORECASE,
)
# Unicode's Default_Ignorable_Code_Point: drawn as nothing. Tags (E0000-E007F) and variation selectors can carry whole messages.
_IGNORABLE = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_VISIBLE_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_BREAKS = frozenset("\r\n\x0b\x0c\x85\u2028\u2029")
_BLANKS = frozenset("\u2800\ufffc")  # the empty Braille cell and the place of an object
_NONCHARACTER = 0xFFFE  # the last two code points of every plane


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text as a model sees it; ``origins`` holds for each character its place in the source of ``total`` characters."""

    text: str
    origins: tuple[int, ...]
    total: int
    cut: bool


def new_nonce() -> str:
    """The id of one rendering: 64 random bits in hex."""
    return secrets.token_hex(8)


def clean(source: str, limit: int = MAX_CHARS) -> Cleaned:
    """The first ``limit`` visible characters of ``source``, each in its place; see the module for what is changed.

    Controls, zero-width, direction and tag characters, private and lone surrogate code points are dropped; every kind of line
    break becomes a line feed and every kind of blank a blank.
    """
    shown: list[str] = []
    origins: list[int] = []
    follows = -1  # where the look of a less-than sign stands, as long as only blanks and accents came after it
    cut = False
    for place, raw in enumerate(source[: limit * _READ_AHEAD]):
        char = "" if raw == "\n" and source[place - 1 : place] == "\r" else _visible(raw)
        if not char:
            continue
        if char in _LESS_LIKE:
            if follows >= 0:
                shown[follows] = _LESS
                continue
            char = _LESS if char in _ALWAYS else char
            follows = len(shown)
        elif not (char.isspace() or unicodedata.combining(char)):
            follows = -1
        if len(shown) == limit:
            cut = True
            break
        shown.append(char)
        origins.append(place)
    text = _TOKENS.sub(r"(\1)", "".join(shown))
    return Cleaned(text, tuple(origins), len(source), cut or len(source) > limit * _READ_AHEAD)


def envelope(text: str, *, kind: str, nonce: str | None = None, limit: int = MAX_CHARS) -> str:
    """``text`` cleaned and between its markers. ``kind`` says in a few lower-case words what it is ("lead message").

    The model must be told ``nonce`` in a place that the text cannot reach; without one a new one is drawn. Raises Invalid for
    a kind or nonce of another form, since these two are the only parts that are not cleaned.
    """
    nonce = nonce or new_nonce()
    _require(_KIND, "kind", kind, "1 to 40 lower-case letters, digits and blanks, a letter first")
    _require(_NONCE, "nonce", nonce, "16 to 64 hexadecimal digits in lower case")
    if limit < 1:
        fault = FieldError(
            "limit", "range", "at least one character must be shown", "give a limit of 1 or more", str(limit)
        )
        raise Invalid("the text cannot be wrapped", fields=(fault,))
    body = clean(text, limit)
    note = f", first {len(body.text)} of {body.total} characters" if body.cut else ""
    return f"{OPEN}data {nonce} {kind}{note}>>>\n{body.text}\n{OPEN}end {nonce}>>>"


def _require(form: re.Pattern[str], field: str, value: str, wanted: str) -> None:
    if not form.fullmatch(value):
        raise Invalid(
            "the text cannot be wrapped", fields=(FieldError(field, "form", f"must be {wanted}", "", value[:80]),)
        )


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    """The character to show for ``char``, or nothing."""
    if " " <= char <= "~" or char == "\t":
        return char
    if char in _BREAKS:
        return "\n"
    category = unicodedata.category(char)
    if category == "Zs" or char in _BLANKS:
        return " "
    code = ord(char)
    ignorable = any(first <= code <= last for first, last in _IGNORABLE) or code & _NONCHARACTER == _NONCHARACTER
    hidden = category in {"Cc", "Cs", "Co"} or (category == "Cf" and char not in _VISIBLE_FORMAT)
    return "" if ignorable or hidden else char
