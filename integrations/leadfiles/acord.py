"""ACORD XML: a request for a quote for each lead (``ACORD/InsuranceSvcRq/*QuoteInqRq``), of any line that its name tells.

Element names are those of the ACORD P&C Surety standard; a lead needs few of them, and what is not known here is kept.
"""

from __future__ import annotations

from integrations.leadfiles.markup import Element
from integrations.leadfiles.xml_file import Cells, Dialect, put_vehicles, use
from kernel.errors import FieldError

# Beginnings of request names, and ACORD codes of lines of business, in the words that our reader of lines knows.
_REQUESTS = (
    ("persauto", "auto"), ("homepolicy", "home"), ("home", "home"), ("dwellfire", "dwelling fire"), ("persumbrella", "umbrella"),
    ("perspkg", ""), ("watercraft", "boat"), ("persinlandmarine", "other"), ("commlumbrella", "commercial umbrella"),
    ("commlpkg", "commercial"), ("comml", "commercial"), ("bop", "bop"), ("workcomp", "workers comp"),
    ("generalliab", "general liability"), ("flood", "flood"), ("earthquake", "earthquake"),
    ("businessowners", "bop"), ("life", "life"), ("annuity", "annuity"), ("medicaresupp", "medicare supplement"),
    ("health", "health"), ("disability", "disability"), ("longtermcare", "long term care"),
)  # fmt: skip
_CODES = {
    "autop": "auto", "home": "home", "ho": "home", "dfire": "dwelling fire", "pumbr": "umbrella", "umbrp": "umbrella",
    "bop": "bop", "autob": "commercial auto", "work": "workers comp", "wcma": "workers comp", "cgl": "general liability",
    "gl": "general liability", "cpkge": "commercial", "umbrc": "commercial umbrella", "boat": "boat", "flood": "flood",
    "cycle": "motorcycle", "rv": "rv", "mhome": "mobile home",
}  # fmt: skip
_RECORDS = r"\w*(?:QuoteInq|QuoteInquiry|QuoteAdd|PolicyAdd)Rq"
_INSURED = frozenset(("insured", "fni", "namedinsured", "applicant", ""))


def read_request(request: Element) -> tuple[dict[str, str], list[FieldError]]:
    """Cells of one request: who asks, from where, for which line, with which vehicles, drivers and dwelling."""
    cells, used, notes = Cells(), set[int](), list[FieldError]()
    cells.put("external_id", use(request, "rquid", used))
    line = _line(request)
    cells.put("line", line)
    insured = _insured(request)
    if insured is not None:
        _party(insured, cells, used, person=not line.startswith(("commercial", "bop", "workers", "general")))
    for place in (
        *request.all("location/addr"),
        *(found for dwell in request.any("dwell") for found in dwell.all("addr")),
    ):
        if "street" not in cells.texts and "zip" not in cells.texts:
            _address(place, cells, used)
    for term in request.any("contractterm"):
        cells.put("effective_date", use(term, "effectivedt", used))
    for previous in request.any("otherorpriorpolicy"):
        cells.put("current_carrier", use(previous, "insurername", used))
    for amount in request.any("currenttermamt"):
        cells.put("premium", use(amount, "amt", used))
    for policy in request.any("policynumber"):
        cells.put("policy_number", policy.text)
        used.add(id(policy))
    for remark in request.any("remarktext"):
        cells.add("message", remark.text, between=" ")
        used.add(id(remark))
    _things(request, cells, used, notes)
    cells.leftovers(request, used)
    return cells.texts, notes


def _line(request: Element) -> str:
    for beginning, line in _REQUESTS:
        if line and request.name.startswith(beginning):
            return line
    return next((_CODES[code.text.casefold()] for code in request.any("lobcd") if code.text.casefold() in _CODES), "")


def _insured(request: Element) -> Element | None:
    """The first party in the role of the insured, else the first one."""
    parties = request.all("insuredorprincipal")
    for party in parties:
        roles = [role.text.casefold() for role in party.any("insuredorprincipalrolecd")] or [""]
        if any(role in _INSURED for role in roles):
            return party
    return parties[0] if parties else None


def _party(party: Element, cells: Cells, used: set[int], *, person: bool) -> None:
    for info in party.all("generalpartyinfo")[:1]:
        given = use(info, "nameinfo/personname/givenname", used)
        other = use(info, "nameinfo/personname/othergivenname", used)
        cells.put("first_name", " ".join(filter(None, (given, other))))
        family = use(info, "nameinfo/personname/surname", used)
        suffix = use(info, "nameinfo/personname/namesuffix", used)
        cells.put("last_name", " ".join(filter(None, (family, suffix))))
        business = use(info, "nameinfo/commlname/commercialname", used)
        # Quote engines write a person's whole name there when the line is a personal one.
        cells.put("full_name" if person and not (given or family) else "company", business)
        for place in info.all("addr")[:1]:
            _address(place, cells, used)
        for phone in info.all("communications/phoneinfo"):
            number = use(phone, "phonenumber", used)
            if "fax" not in phone.say("phonetypecd").casefold():
                cells.put("phone", number)
                cells.add("phone_alt", number if number != cells.texts.get("phone") else "")
        for address in info.all("communications/emailinfo/emailaddr"):
            cells.put("email", address.text)
            cells.add("email_alt", address.text if address.text != cells.texts.get("email") else "")
            used.add(id(address))
    cells.put("date_of_birth", use(party, "insuredorprincipalinfo/personinfo/birthdt", used))


def _address(place: Element, cells: Cells, used: set[int]) -> None:
    for name in ("addr1", "addr2"):
        cells.add("street", use(place, name, used))
    for name, field in (("city", "city"), ("stateprovcd", "state"), ("postalcode", "zip")):
        cells.put(field, use(place, name, used))


def _things(request: Element, cells: Cells, used: set[int], notes: list[FieldError]) -> None:
    vehicles = [*request.any("persveh"), *request.any("commlveh")]
    parts = {"year": "modelyear", "make": "manufacturer", "model": "model", "vin": "vehidentificationnumber"}
    put_vehicles(cells, [{part: use(vehicle, name, used) for part, name in parts.items()} for vehicle in vehicles])
    drivers = [*request.any("persdriver"), *request.any("commldriver")]
    for number, driver in enumerate(drivers, 1):
        name = _name(driver, used)
        born = use(driver, "driverinfo/personinfo/birthdt", used)
        if not name:
            message, remedy = f"driver {number} has no name", "name every driver"
            notes.append(FieldError("drivers", "driver_unnamed", message, remedy))
        cells.add("drivers", " ".join(filter(None, (name or "(no name)", born))), between="; ")
        if name and name == cells.texts.get("full_name"):
            cells.put("date_of_birth", born)
    if drivers:
        cells.put("driver_count", str(len(drivers)))
    for built in request.any("yearbuilt"):
        cells.put("year_built", built.text)
        used.add(id(built))
    for count in (*request.any("numemployees"), *request.any("numemployeesfulltime")):
        cells.put("employees", count.text)
        used.add(id(count))


def _name(driver: Element, used: set[int]) -> str:
    person = "generalpartyinfo/nameinfo/personname"
    parts = [use(driver, f"{person}/{part}", used) for part in ("givenname", "surname")]
    return " ".join(filter(None, parts)) or use(driver, "generalpartyinfo/nameinfo/commlname/commercialname", used)


ACORD = Dialect("acord", "acord", _RECORDS, read_request)
