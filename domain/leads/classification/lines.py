"""Which lines a text names, and which it only mentions to say that it is not about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.leads.classification.phrases import LINE_PHRASES
from domain.leads.classification.text import Hint, PhraseTable, plain, readable, summed
from domain.lines import Line

NAMES_A_LINE = 3.0
"""A phrase this strong names the line; weaker ones are things that belong to it."""
IN_A_BUNDLE = 1.0
"""In "home and auto" a noun this strong names its line."""
_WINDOW = 48
_TABLE = PhraseTable(LINE_PHRASES)
_CLAUSE = re.compile(
    r"[.;!?\n,]|\b(?:but|however|now|just|need|looking|instead|pero|ahora|busco|necesito|quiero|ocupo|solo)\b",
    re.IGNORECASE,
)
_UNWANTED = re.compile(
    r"\b(?:(?:do not|don'?t|doesn'?t|no longer) (?:need|want)|not (?:looking for|interested in|for|about|asking about|my|the)|"
    r"no need for|other than|instead of|rather than|except|"
    r"no me interesa|no (?:necesito|quiero|busco|ocupo)|no es (?:para|de)|en vez de|menos)\b",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(
    r"\b(?:already (?:have|got|carry|bought)|have (?:my|our)|besides|aside from|apart from|ya tengo|ya tenemos|aparte de|"
    r"i'?m (?:good|set|covered) (?:on|with|for)|we(?:'re| are) (?:good|set) (?:on|with|for))\b",
    re.IGNORECASE,
)


_BUNDLE = re.compile(
    r"\b(?:bundl\w+|combo|multi-?policy|package|paquete|"
    r"(?:home|house|auto|car|renters?|life|boat|rv|condo|motorcycle|umbrella|casa|carro|vida) ?(?:and|&|\+|/|y) ?(?:my |our |mi |a )?"
    r"(?:home|house|autos?|cars?|renters?|life|boat|rv|condo|motorcycle|umbrella|casa|carro|vida))\b",
    re.IGNORECASE,
)


_NOUNS = frozenset((
    "auto", "autos", "car", "cars", "vehicle", "truck", "motorcycle", "rv", "home", "house", "condo", "renters", "life",
    "health", "dental", "pet", "umbrella", "business", "boat", "casa", "carro", "troca", "vida", "salud", "negocio",
))  # fmt: skip
_ASKING = re.compile(
    r"\b(?:need|want|wanna|get|add|insure|quotes?(?: for| on)?|looking for|interested in|necesito|quiero|busco|ocupo|asegurar|cotizar)"
    r"(?: (?:a|an|my|our|the|some|new|mi|un|una|el|la))*\s*$",
    re.IGNORECASE,
)
_NOTHING_MORE = re.compile(
    r"\s*(?:$|[.,;!?&+/\n]|(?:and|too|also|please|pls|only|now|today|y|tambien|por favor)\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class LineHints:
    """What the words say: hints that count, and those set aside because the sender has that line or does not want it.

    ``bundle`` tells that several lines are asked for in one breath ("home and auto"), where bare nouns name lines too.
    """

    hints: tuple[Hint[Line], ...]
    set_aside: tuple[Hint[Line], ...]
    bundle: bool = False

    @property
    def strengths(self) -> Mapping[Line, float]:
        """Strength by line, 0 to 5; lines that no phrase speaks for are left out."""
        return summed(self.hints)

    @property
    def named(self) -> tuple[Line, ...]:
        """The lines named outright, in the order of the text."""
        enough = IN_A_BUNDLE if self.bundle else NAMES_A_LINE
        return tuple(dict.fromkeys(hint.label for hint in self.hints if hint.strength >= enough))

    @property
    def best(self) -> Line | None:
        """The strongest line, the earlier one of equals; None where no phrase was found."""
        strengths = self.strengths
        return max(strengths, key=lambda line: strengths[line]) if strengths else None


def line_hints(text: str) -> LineHints:
    """Find the phrases of ``text`` that speak for a line.

    "I already have auto, need home" counts for home only: a hint after "already have" is set aside where something else
    remains, and counts at half strength where nothing does ("I already have car insurance, can it be cheaper"). A hint after
    "don't need" or "not" never counts.
    """
    text = readable(text)
    wanted: list[Hint[Line]] = []
    in_place: list[Hint[Line]] = []
    unwanted: list[Hint[Line]] = []
    bare = plain(text)
    for hint in _TABLE.find(text):
        before = bare[max(0, hint.start - _WINDOW) : hint.start]
        if _is_asked_for(hint, before, bare):
            hint = replace(hint, strength=NAMES_A_LINE)  # noqa: PLW2901 - the same hint, better understood
        last_have, last_not = _after_last_clause(_IN_PLACE, before), _after_last_clause(_UNWANTED, before)
        target = unwanted if last_not else in_place if last_have else wanted
        target.append(hint)
    bundle = bool(_BUNDLE.search(bare))
    if wanted or not in_place:
        return LineHints(tuple(wanted), tuple(in_place + unwanted), bundle)
    halved = tuple(Hint(hint.label, hint.quote, hint.strength / 2, hint.start, hint.end) for hint in in_place)
    return LineHints(halved, tuple(unwanted), bundle)


def _is_asked_for(hint: Hint[Line], before: str, bare: str) -> bool:
    """Whether a bare noun is all that is asked for ("need home", "quote for my truck"): then it names the line."""
    return (
        hint.strength < NAMES_A_LINE
        and hint.quote.casefold() in _NOUNS
        and _ASKING.search(before) is not None
        and _NOTHING_MORE.match(bare, hint.end) is not None
    )


def _after_last_clause(pattern: re.Pattern[str], before: str) -> bool:
    """Whether ``pattern`` occurs in ``before`` with no new clause after it."""
    matches = list(pattern.finditer(before))
    return bool(matches) and not _CLAUSE.search(before, matches[-1].end())
