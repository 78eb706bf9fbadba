"""US states, the district, territories and military post (USPS Publication 28, appendix B), by name, code and old short form."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz, process

_NAMES = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado",
    "CT": "connecticut", "DE": "delaware", "DC": "district of columbia", "FL": "florida", "GA": "georgia",
    "HI": "hawaii", "ID": "idaho", "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas", "KY": "kentucky",
    "LA": "louisiana", "ME": "maine", "MD": "maryland", "MA": "massachusetts", "MI": "michigan", "MN": "minnesota",
    "MS": "mississippi", "MO": "missouri", "MT": "montana", "NE": "nebraska", "NV": "nevada", "NH": "new hampshire",
    "NJ": "new jersey", "NM": "new mexico", "NY": "new york", "NC": "north carolina", "ND": "north dakota",
    "OH": "ohio", "OK": "oklahoma", "OR": "oregon", "PA": "pennsylvania", "RI": "rhode island",
    "SC": "south carolina", "SD": "south dakota", "TN": "tennessee", "TX": "texas", "UT": "utah", "VT": "vermont",
    "VA": "virginia", "WA": "washington", "WV": "west virginia", "WI": "wisconsin", "WY": "wyoming",
    "AS": "american samoa", "GU": "guam", "MP": "northern mariana islands", "PR": "puerto rico",
    "VI": "virgin islands", "AA": "armed forces americas", "AE": "armed forces europe", "AP": "armed forces pacific",
}  # fmt: skip
_SHORT = {
    "ala": "AL", "ariz": "AZ", "ark": "AR", "calif": "CA", "cal": "CA", "colo": "CO", "conn": "CT", "del": "DE",
    "washington dc": "DC", "d c": "DC", "fla": "FL", "ill": "IL", "ind": "IN", "kan": "KS", "kans": "KS", "mass": "MA",
    "mich": "MI", "minn": "MN", "miss": "MS", "mont": "MT", "neb": "NE", "nebr": "NE", "nev": "NV", "n h": "NH",
    "n j": "NJ", "n m": "NM", "n y": "NY", "n c": "NC", "n d": "ND", "okla": "OK", "ore": "OR", "penn": "PA",
    "penna": "PA", "r i": "RI", "s c": "SC", "s d": "SD", "tenn": "TN", "tex": "TX", "w va": "WV", "wash": "WA",
    "wis": "WI", "wisc": "WI", "wyo": "WY", "us virgin islands": "VI", "u s virgin islands": "VI", "usvi": "VI",
    "new york state": "NY", "washington state": "WA", "nueva york": "NY", "nuevo mexico": "NM",
    "nueva jersey": "NJ", "carolina del norte": "NC", "carolina del sur": "SC", "luisiana": "LA", "pensilvania": "PA",
}  # fmt: skip
_BY_WORD = {name: code for code, name in _NAMES.items()} | {code.lower(): code for code in _NAMES} | _SHORT
_CODED = re.compile(r"(?:us-)?([a-z]{2})\s*(?:[-(/,:]\s*(.+?)\)?)?|(.+?)\s*[(/,:-]\s*([a-z]{2})\)?")
_FUZZY_FROM = 88.0
_FUZZY_MIN_LENGTH = 6

CODES = frozenset(_NAMES)


def read_state(text: str) -> str | None:
    """USPS code of a state written by name, code or usual short form, in any case; None for anything else."""
    plain = _plain(text)
    if code := _BY_WORD.get(plain.replace(".", " ").strip()) or _BY_WORD.get(" ".join(plain.replace(".", " ").split())):
        return code
    if code := _BY_WORD.get(plain.replace(".", "")):
        return code
    match = _CODED.fullmatch(plain)
    if match is None:
        return None
    # "MA - Massachusetts" and "Massachusetts (MA)": both halves must agree.
    code, name = (match.group(1), match.group(2)) if match.group(1) else (match.group(4), match.group(3))
    found = _BY_WORD.get(code)
    return found if found and (name is None or _BY_WORD.get(name.strip()) == found) else None


def nearest_state(text: str) -> str | None:
    """USPS code of the one state whose name ``text`` misspells; None when too far or short. Callers say that they guessed."""
    plain = _plain(text)
    if len(plain) < _FUZZY_MIN_LENGTH:
        return None
    names = {code: name for code, name in _NAMES.items() if len(name) >= _FUZZY_MIN_LENGTH}
    best = process.extract(plain, names, scorer=fuzz.ratio, score_cutoff=_FUZZY_FROM, limit=2)
    if not best or (len(best) > 1 and best[0][1] - best[1][1] < 1.0):
        return None
    return str(best[0][2])


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text)
    return " ".join("".join(char for char in bare if not unicodedata.combining(char)).casefold().split())
