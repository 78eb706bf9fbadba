"""People in a request: whom it names to be added, and which of the policy's drivers it speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.policies.asking.cues import RELATION
from domain.policies.asking.text import Text, fold

_ENDS = frozenset(
    ["a", "an", "the", "to", "on", "onto", "as", "from", "at", "in", "of", "for", "by", "with", "and", "or", "who", "whose", "that", "which", "is", "was", "are", "be", "been", "being", "has", "have", "had", "will", "would", "can", "could", "should", "may", "please", "starting", "effective", "beginning", "begin", "today", "tomorrow", "now", "immediately", "just", "turned", "turns", "got", "gets", "drives", "drive", "driving", "driver", "insurance", "policy", "coverage", "car", "auto", "my", "our", "your", "his", "her", "this", "it", "needs", "need", "wants", "moved", "moving", "back", "home", "start", "starts", "since", "because", "so", "when", "if", "too", "also", "al", "el", "la", "los", "en", "desde", "como", "que", "para", "por", "y", "de", "del", "mi", "su", "hoy", "manana", "seguro", "poliza", "added", "add", "put", "include", "him", "them", "she", "he", "they", "we", "i", "you", "there", "here", "next", "last", "new", "old", "licensed", "license", "licence", "age", "aged", "years", "born", "birthday", "birthdate", "dob", "date", "nacida", "nacido", "nacio", "con", "edad", "phone", "email"]
)  # fmt: skip
_AFTER = re.compile(
    rf"\b(?:{RELATION}|driver|conductora?)(?: (?:,|:|named|called|is|llamad[oa]|se llama|name is))*\b ?|\bname is |\bnamed "
)
_AFTER_VERB = re.compile(
    r"\b(?:add|adding|include|insure|put|get|agregar?|agrega|anade|anadir|incluir|incluya)(?: (?:please|also|a|driver))* "
)
_AS_DRIVER = re.compile(
    r"\b(?:as (?:an? |the |an additional |another )?(?:driver|insured)|como conductora?|on (?:the|my|our) |to (?:the|my|our) |onto |al seguro|a la poliza)"
)
_MOST_WORDS = 4
_SHORTEST = 2


def name_in(text: Text, start: int, end: int) -> str | None:
    """The name of who is to be added, within these places of the text; None where it says none."""
    clause = text.plain[start:end]
    for match in _AFTER.finditer(clause):
        if name := _name_at(text, start + match.end(), end):
            return name
    verb = _AFTER_VERB.search(clause)
    if verb is not None and _AS_DRIVER.search(clause, verb.end()) and (name := _name_at(text, start + verb.end(), end)):
        return name if _is_name(name) else None
    return None


def people_in(plain: str, drivers: Mapping[str, str]) -> list[str]:
    """Keys of the drivers whose name stands in the words: whole, else by a first name that only one of them has."""
    words = set(re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", plain))
    whole = [key for key, name in drivers.items() if set(fold(name).split()) <= words]
    if whole:
        return whole
    first: dict[str, list[str]] = {}
    for key, name in drivers.items():
        first.setdefault(fold(name).split()[0], []).append(key)
    found = [keys for name, keys in first.items() if name in words]
    return found[0] if len(found) == 1 else []


def _name_at(text: Text, start: int, end: int) -> str | None:
    words: list[str] = []
    for index in text.within(start, end):
        token = text.tokens[index]
        if token.plain in {",", ":"} and not words:
            continue
        if (
            fold(token.written) in _ENDS
            or not token.written.replace("-", "").replace("'", "").replace("\u2019", "").isalpha()
        ):
            break
        words.append(token.written)
        if len(words) == _MOST_WORDS:
            break
    name = " ".join(words)
    return name if len(name) >= _SHORTEST else None


def _is_name(name: str) -> bool:
    """Without a relation before it only what is written like a name is one."""
    return all(part[0].isupper() for part in name.split())
