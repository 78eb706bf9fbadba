"""What column headers mean: canonical fields, their synonyms in English and Spanish, and headers about somebody else."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

# field -> synonyms after folding, the best one first: of two columns for one field the earlier synonym wins.
_SYNONYMS: dict[str, str] = {
    "full_name": "full name|name|fullname|lead name|names|person|first and last name|first last|last first|first last name|"
    "name first last|last name first name|last first name|lead|customer|client|insured|applicant|prospect|consumer|"
    "policyholder|cliente|asegurado|nombre completo|nombre y apellido|nombre y apellidos|nombre apellido|who|"
    "contact name|display name",
    "first_name": "first name|firstname|given name|forename|first|fname|given names|nombres|primer nombre|nombre de pila|nombre",
    "last_name": "last name|lastname|surname|family name|last|lname|apellido|apellidos|second name",
    "email": "email|email address|e mail|e mail address|mail|mail address|email id|emailid|emailaddress|correo|"
    "correo electronico|email primary|emails|work email|business email|personal email|company email|direccion de correo",
    "email_alt": "email 2|email2|secondary email|alternate email|alt email|other email|second email|email alt|email secondary",
    "phone": "mobile phone|mobile|cell|cell phone|cellphone|mobile number|cell number|phone|phone number|phonenumber|phone no|"
    "telephone|telephone number|ph number|ph no|ph|tel|contact number|contact no|phone 1|phone1|day phone|daytime phone|"
    "home phone|work phone|business phone|office phone|evening phone|whatsapp|whatsapp number|telefono|numero de telefono|"
    "celular|movil|tel no|telefono celular|phones|phone primary|number to call|best number|callback number|"
    "best phone|mobile no|company phone|numero telefonico",
    "phone_alt": "phone 2|phone2|secondary phone|alternate phone|alt phone|other phone|second phone|phone alt|alternate number|"
    "phone secondary|telefono 2|otro telefono",
    "contact": "contact info|contact information|contact details|contact|contact data|how to reach|reach|contacts|contacto|"
    "datos de contacto|email phone|phone email|email and phone|phone and email|email or phone|phone or email",
    "street": "street|street address|address 1|address line 1|address1|addr1|addr 1|street 1|mailing street|calle|street name",
    "city": "city|town|city name|mailing city|ciudad|municipality|municipio",
    "state": "state|st|state code|us state|state abbreviation|risk state|state of residence|mailing state|state province|"
    "province|region|estado|residence state|state region|garaging state|property state",
    "zip": "zip|zip code|zipcode|postal code|postalcode|postcode|post code|zip postal|zip postal code|zip 5|zip5|garaging zip|"
    "property zip|risk zip|mailing zip|codigo postal|cp",
    "address": "address|full address|location|mailing address|home address|property address|risk address|residence|addr|"
    "garaging address|direccion|domicilio|where|ubicacion|city state|city state zip|city and state",
    "date_of_birth": "date of birth|dob|birth date|birthdate|birthday|d o b|fecha de nacimiento|nacimiento|born|birth",
    "age": "age|edad|age years",
    "language": "language|preferred language|lang|spoken language|idioma|lengua|language preference",
    "line": "line of business|lob|insurance type|type of insurance|line of insurance|product|line|coverage type|policy type|"
    "product type|product line|insurance product|interest|interested in|product interest|coverage|coverage interest|"
    "insurance needed|insurance|type of coverage|quote type|quote for|insurance line|coverage needed|lead type|"
    "tipo de seguro|seguro|producto|type|interes|vertical|product of interest|looking for",
    "message": "message|notes|comments|details|request|comment|note|description|lead message|inquiry|enquiry|question|questions|"
    "customer message|notes comments|additional info|additional information|remarks|text|how can we help|needs|reason|"
    "reason for contact|your message|body|mensaje|notas|comentarios|comentario|descripcion|detalles|consulta|memo|"
    "additional comments|special requests|what do you need|lead notes|free text|situation|message body|message text",
    "source": "source|lead source|source name|utm source|origin|channel|referral source|how did you hear about us|"
    "how did you hear|campaign source|fuente|origen|lead origin|vendor|lead vendor|provider|came from|heard about us",
    "source_status": "status|lead status|ingestion status|crm status|stage|disposition|lead stage|estado del lead|estatus|"
    "pipeline stage|call status|outcome",
    "submitted_at": "date in|submitted at|submitted|submission date|created at|created|creation date|created date|date created|"
    "date submitted|timestamp|lead date|date|received|received at|date received|date added|inquiry date|entry date|"
    "created on|create date|created time|submit date|date time|datetime|lead created|fecha|fecha de creacion|"
    "fecha de solicitud|request date|posted|added on|opt date|time stamp|date entered|date of inquiry|time|submission time",
    "consent": "consent|tcpa consent|tcpa|opt in|optin|consent given|contact consent|sms consent|has consent|permission|"
    "consented|marketing consent|agree to contact|consent to contact|call consent|ok to contact|ok to call|may we contact|"
    "consentimiento|permiso|opted in|text consent|express consent|permission to contact|privacy consent|tcpa opt in",
    "consent_text": "consent text|tcpa text|disclosure|tcpa disclosure|consent language|disclosure text|tcpa language|"
    "consent wording|texto de consentimiento|consent statement",
    "consent_at": "consent at|consent date|consent timestamp|consent time|opt in date|opt in time|optin date|optin timestamp|"
    "tcpa timestamp|tcpa date|opt in timestamp|consented at|fecha de consentimiento|date of consent|consent datetime",
    "consent_ip": "consent ip|ip address|ip|user ip|client ip|lead ip|optin ip|opt in ip|remote ip|direccion ip|ipaddress",
    "consent_url": "consent url|trustedform cert url|trustedform url|trusted form url|xxtrustedformcerturl|landing page|"
    "landing page url|page url|form url|source url|optin url|opt in url|jornaya url|consent page|url of consent",
    "company": "company|company name|business name|firm|organization|organisation|employer|business|org|account name|"
    "organization name|empresa|compania|nombre de la empresa|dba|legal name|entity name",
    "employees": "employees|number of employees|no of employees|employee count|num employees|headcount|company size|of employees|"
    "staff|employee number|empleados|numero de empleados|fte|total employees|team size",
    "current_carrier": "current carrier|current insurer|carrier|insurance company|current insurance|current provider|"
    "current insurance company|existing carrier|insurer|present carrier|current company|aseguradora|aseguradora actual|"
    "previous carrier|insured with|current insurance carrier",
    "premium": "premium|current premium|annual premium|monthly premium|premium amount|paying now|est premium|prima|"
    "estimated premium|current monthly premium|premium paid|what do you pay now",
    "budget": "budget|monthly budget|max budget|price range|annual budget|presupuesto|target premium|budget amount",
    "referred_by": "referred by|referrer|referral|referrer name|referred|referral name|who referred you|referido por|"
    "referring person|referral from|recommended by|referral partner",
    "external_id": "external id|lead id|leadid|id|record id|crm id|ref|reference|reference number|uuid|lead number|ref no|"
    "row id|case id|ticket id|customer id|client id|universal leadid|lead no|opportunity id|folio|source id",
    "ignore": "",
}  # fmt: skip
FIELDS = tuple(_SYNONYMS)

_RANKED = {
    word: (field, rank)
    for field, words in _SYNONYMS.items() for rank, word in enumerate(filter(None, words.split("|")))
}  # fmt: skip
# Words that say whose value it is: those of the lead go, those of somebody else forbid reading it as the lead's.
_OWN = re.compile(
    r"^(?:(?:lead|customer|client|applicant|prospect|insured|primary|preferred|your|main|the|user|person|consumer|contact|"
    r"policyholder|member|best|current|proposed|enter|please|cliente|su|del cliente|tu)\s+)+"
)
_FOREIGN = re.compile(
    r"\b(?:sales|owner|agent|rep|representative|assigned|assignee|producer|broker|advisor|adviser|manager|spouse|partner|"
    r"emergency|beneficiary|dependent|driver|handled|created by|modified|updated|last contact|agency|dealer|"
    r"doctor|landlord|lender|mortgagee|agente|asesor|vendedor|conyuge|uploaded|csr|recruiter|account exec\w*)\b"
)
_TAILS = re.compile(r"\s+(?:field|value|column|required|optional|us|usd|mm dd yyyy|yyyy mm dd|e g .*|1|primary|here)$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Words too general to be what is left of a longer header: "preferred contact time" is not the time of submission.
_GENERAL_WORDS = "time date datetime type text body last first id who where reach ref stage outcome posted st line"
_GENERAL = frozenset(_GENERAL_WORDS.split())
# Names of objects around the fields of a lead.
_AROUND_WORDS = (
    "lead|contact|contacts|contact info|customer|client|applicant|prospect|insured|primary insured|person|personal|personal info|"
    "consumer|name|address|mailing address|home address|property|location|details|data|payload|fields|form|form data|answers|"
    "attributes|properties|info|body|request|consent|tcpa|policy|current policy|insurance|quote|business|company|organization"
)
_AROUND = frozenset(_AROUND_WORDS.split("|"))
_SEVERAL = re.compile(r"\s*[/&|,;+]\s*|\s+(?:or|and|o|y)\s+", re.IGNORECASE)
_FUZZY_MIN_LENGTH = 5
_FUZZY_SHORT, _FUZZY_MIDDLE = 5, 8


class HeaderReading(NamedTuple):
    """What a header alone suggests: ``field`` or None, ``how`` (header, fuzzy, none), ``confidence`` 0 to 1, and ``rank``
    among the synonyms of the field (0 is best). ``foreign`` marks a column about somebody other than the lead.
    """

    field: str | None
    how: str
    confidence: float
    rank: int
    foreign: bool = False


_NOTHING = HeaderReading(None, "none", 0.0, 999)


def folded_header(header: str) -> str:
    """A header without case, accents, punctuation and camel humps: ``leadFirst_Name*`` is ``lead first name``."""
    bare = unicodedata.normalize("NFKD", _CAMEL.sub(" ", header.strip()))
    plain = "".join(char for char in bare if not unicodedata.combining(char)).casefold()
    return " ".join(re.sub(r"[^\w]+|_", " ", plain).split())


@lru_cache(maxsize=4096)
def read_header(header: str) -> HeaderReading:
    """The canonical field that a header names, by synonym or by a near misspelling of one."""
    plain = folded_header(header)
    if not plain:
        return _NOTHING
    if hit := _RANKED.get(plain) or _RANKED.get(plain.replace(" ", "")):
        return HeaderReading(hit[0], "header", 1.0, hit[1])
    if _FOREIGN.search(plain):
        return HeaderReading(None, "none", 0.0, 999, foreign=True)
    for form in (_TAILS.sub("", plain), _OWN.sub("", plain), _OWN.sub("", _TAILS.sub("", plain))):
        if form != plain and form not in _GENERAL and (hit := _RANKED.get(form)):
            return HeaderReading(hit[0], "header", 0.95, hit[1] + 1)
    return _one_of_several(header) or _inner(header) or _misspelled(_OWN.sub("", plain))


def _one_of_several(header: str) -> HeaderReading | None:
    """A header that names its column in more than one word for it ("Comments / needs"): the first part that is known."""
    parts = [folded_header(part) for part in _SEVERAL.split(header)]
    for part in parts if len(parts) > 1 else []:
        if part not in _GENERAL and (hit := _RANKED.get(part)):
            return HeaderReading(hit[0], "header", 0.85, hit[1] + 20)
    return None


def _inner(header: str) -> HeaderReading | None:
    """A dotted name from JSON whose outer parts only say that it belongs to the lead: ``contact.address.zip`` is a ZIP."""
    *outer, last = header.split(".")
    words = folded_header(last)
    if not outer or not all(folded_header(part) in _AROUND for part in outer):
        return None
    hit = _RANKED.get(words) or _RANKED.get(f"{words} {folded_header(outer[-1])}")
    return HeaderReading(hit[0], "header", 0.9, hit[1] + 10) if hit else None


def _misspelled(plain: str) -> HeaderReading:
    # One edit (two from 8 letters on, only an exchange of neighbours in 5 letters) and the same first letter; a tie
    # between two fields is no answer.
    if len(plain) < _FUZZY_MIN_LENGTH:
        return _NOTHING
    allowed = 1 if len(plain) < _FUZZY_MIDDLE else 2
    near: dict[str, int] = {}
    for word in _RANKED:
        if len(word) < _FUZZY_MIN_LENGTH or word[0] != plain[0]:
            continue
        edits = OSA.distance(plain, word, score_cutoff=allowed)
        if edits <= allowed and (len(plain) > _FUZZY_SHORT or sorted(plain) == sorted(word)):
            near[word] = edits
    if not near:
        return _NOTHING
    least = min(near.values())
    best = [word for word, edits in near.items() if edits == least]
    if len({_RANKED[word][0] for word in best}) > 1:
        return _NOTHING
    field, rank = _RANKED[best[0]]
    return HeaderReading(field, "fuzzy", round(0.9 - 0.05 * least, 3), rank + 50)
