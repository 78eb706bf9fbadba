"""The line of business that a sender names in a cell of its own, in the words of the trade or of the street."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz, process

from domain.lines import Line

# Exact phrases after folding. A phrase here wins over any word in it ("mobile home" is home, "home health" is not).
_PHRASES: dict[Line, str] = {
    Line.AUTO: "auto|car|automobile|vehicle|truck|motorcycle|motorbike|personal auto|private passenger auto|ppa|sr22|sr 22|"
    "motor|auto liability|collision|rideshare|classic car|scooter|atv|rv|carro|coche|vehiculo|automovil|autos|cars|"
    "auto carro|moto|camioneta|nonowner auto|non owner auto|gap",
    Line.HOME: "home|homeowners|homeowner|home owners|home owner|house|ho3|ho 3|ho5|ho 5|ho6|ho 6|condo|condominium|"
    "dwelling|dwelling fire|dp3|dp 3|landlord|rental property|mobile home|manufactured home|property|flood|earthquake|"
    "hazard|casa|hogar|vivienda|propietario|propiedad|residential property|ho|townhouse|vacation home|second home",
    Line.RENTERS: "renters|renter|rental|tenant|tenants|ho4|ho 4|apartment|inquilino|inquilinos|alquiler|contents",
    Line.LIFE: "life|term life|whole life|universal life|iul|indexed universal life|final expense|burial|funeral|term|"
    "mortgage protection|permanent life|life and term|vida|seguro vida|gastos finales|variable life|key person",
    Line.HEALTH: "health|medical|aca|obamacare|marketplace|individual health|family health|group health|dental|vision|"
    "hospital indemnity|critical illness|accident|u65|under 65|short term medical|salud|medico|cobra|major medical|"
    "health and dental|dental and vision|hsa|medicaid|cancer|hospital",
    Line.MEDICARE: "medicare|medicare supplement|medicare supp|med supp|medsupp|medigap|medicare advantage|mapd|ma pd|"
    "part d|pdp|part c|medicare part d|medicare part c|turning 65|t65|medicare advantage plan|senior health",
    Line.DISABILITY: "disability|disability income|di|std|ltd|short term disability|long term disability|"
    "income protection|paycheck protection|discapacidad|incapacidad",
    Line.LONG_TERM_CARE: "ltc|ltci|long term care|longterm care|nursing home|hybrid ltc|cuidado a largo plazo",
    Line.ANNUITY: "annuity|annuities|fixed annuity|myga|fia|indexed annuity|anualidad|anualidades|retirement annuity",
    Line.COMMERCIAL: "commercial|business|bop|gl|general liability|cgl|workers comp|work comp|workers compensation|wc|"
    "workmans comp|business owners|business owner|small business|commercial auto|business auto|fleet|trucking|"
    "commercial property|commercial umbrella|professional liability|e and o|eo|errors and omissions|d and o|do|epli|epl|"
    "cyber|cyber liability|surety|bond|bonds|surety bond|contractors|contractor|liability|product liability|"
    "malpractice|builders risk|inland marine|garage|liquor liability|comercial|negocio|empresa|compensacion|"
    "compensacion trabajadores|package|farm|crop|directors and officers|commercial lines|business liability|work comp gl",
    Line.UMBRELLA: "umbrella|personal umbrella|pup|excess liability|personal excess|paraguas|excess",
    Line.PET: "pet|pets|dog|cat|mascota|mascotas|pet health",
    Line.OTHER: "other|otro|otra|boat|watercraft|yacht|marine|travel|event|wedding|jewelry|identity theft|aviation|viaje|"
    "warranty|legal|special event|jet ski|personal watercraft",
}  # fmt: skip
_EXACT = {phrase: line for line, phrases in _PHRASES.items() for phrase in phrases.split("|")}
# Families of lines: naming one says too little to choose a line.
_FAMILIES = frozenset(
    ("p and c", "pc", "property and casualty", "personal lines", "life and health", "l and h", "bundle", "multi line",
     "casualty", "multiple", "all", "any", "insurance", "financial")
)  # fmt: skip
_NOISE = re.compile(
    r"\b(?:insurance|insurances|insurnace|ins|quotes?|policy|policies|coverage|cover|plans?|lead|leads|line|product|seguros?|"
    r"cotizacion|para|de|del|for|my|a|an|the|new|need|needs|want|free|individual|personal lines?)\b"
)
_SPLIT = re.compile(r"\s*(?:[/,;+|&]|\band\b|\by\b|\bplus\b|\bwith\b)\s*")
_BUSINESS = re.compile(r"\b(?:commercial|business|comercial|company|fleet|workers?|contractors?)\b")
_FUZZY_FROM = 88.0
_FUZZY_MIN_LENGTH = 5
_LONGEST = 60


def declared_lines(text: str) -> tuple[Line, ...]:
    """Every line that ``text`` names, in its order ("Home & Auto" names two); empty where it names none for certain.

    Families such as "P&C" name no line. Text over 60 characters is prose, not a declaration.
    """
    if len(text) > _LONGEST:
        return ()
    plain = _plain(text)
    if line := _one(plain):
        return (line,)
    if _bare(plain) in _FAMILIES:
        return ()
    found = [line for part in _SPLIT.split(plain) if part.strip() and (line := _one(part))]
    return tuple(dict.fromkeys(found))


def read_declared_line(text: str) -> Line | None:
    """The first line that ``text`` names, or None where it names none for certain."""
    lines = declared_lines(text)
    return lines[0] if lines else None


def _one(plain: str) -> Line | None:
    bare = _bare(plain)
    if bare in _FAMILIES or not bare:
        return None
    if line := _EXACT.get(bare) or _EXACT.get(bare.replace(" ", "")):
        return line
    if re.search(r"[/,;+|]", plain):
        return None
    words = bare.split()
    if _BUSINESS.search(bare) and len(words) > 1:
        return Line.COMMERCIAL
    # The longest known phrase inside wins: "term life 20 years" holds "term life".
    for size in range(min(3, len(words)), 0, -1):
        hits = {
            _EXACT[phrase] for i in range(len(words) - size + 1) if (phrase := " ".join(words[i : i + size])) in _EXACT
        }
        if hits:
            return hits.pop() if len(hits) == 1 else None
    return _misspelled(bare)


def _misspelled(bare: str) -> Line | None:
    if len(bare) < _FUZZY_MIN_LENGTH:
        return None
    best = process.extractOne(bare, [key for key in _EXACT if len(key) >= _FUZZY_MIN_LENGTH], scorer=fuzz.ratio,
                              score_cutoff=_FUZZY_FROM)  # fmt: skip
    return _EXACT[best[0]] if best else None


def _bare(plain: str) -> str:
    text = re.sub(r"\s*&\s*", " and ", plain)
    text = re.sub(r"[^\w\s/,;+|]", "", re.sub(r"[-_.]", " ", text.replace("'", "")))
    return " ".join(_NOISE.sub(" ", text).split())


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.replace("\u2019", "'"))
    folded = "".join(char for char in bare if not unicodedata.combining(char)).casefold()
    return " ".join(re.sub(r"[()\[\]:]", " ", folded).split())
