"""What people say when they wish something of a policy, as patterns over folded words; English and Spanish."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.policies.asking.words import Forbidden, Intent

POLICY = r"(?:policy|policies|coverage|insurance|poliza|seguro|contract|cover|account)"
LINES: Mapping[str, str] = {
    "auto": r"auto|car|vehicle|truck|carro|coche", "home": r"home|house|homeowners?'?s?|casa|hogar", "renters": r"renters?'?s?",
    "life": r"life|vida", "health": r"health|salud|medical", "umbrella": r"umbrella", "pet": r"pet",
    "commercial": r"commercial|business|negocio",
}  # fmt: skip
_ANY_LINE = "|".join(LINES.values())
LINE_NAMED = re.compile(
    rf"\b(?P<line>{_ANY_LINE}) {POLICY}\b|\b{POLICY} (?:de(?:l| la)?|on the) (?P<line2>carro|coche|auto|casa|vida|hogar)\b"
)
NUMBER = re.compile(r"\b[a-z]{1,6}-\d{2,}[a-z0-9-]*\b")
ADD = re.compile(
    r"\b(?:add(?:ed|ing)?|includ(?:e|ed|ing)|insure|(?:put|get|have|need|want|like)(?: to (?:put|have|get))? [^.;!?]{0,60}? (?:on|onto|to|under|in) "
    r"(?:the|my|our|this|it)\b|agreg\w+|anad\w+|incluy?\w*|incluir|ponga|pon|poner|needs? to be on|cover)\b"
)
REMOVE = re.compile(
    r"\b(?:remov(?:e|ed|ing)|tak(?:e|en|ing) (?:[^.;!?]{0,60}? )?(?:off|out|away)|drop(?:ped|ping)?|delet(?:e|ed)|get rid of|exclude"
    r"|(?:be|come|comes|get|gets) off|no longer (?:need|needs|have|own|drive|drives)|stop (?:covering|insuring)|elimin\w+|quit(?:a|ar|e|en|enme|ame)|sac(?:a|ar|ame|o)|baja)\b"
)
RELATION = (
    r"(?:ex(?:-wife|-husband)?|daughter|son|wife|husband|spouse|partner|fiance|fiancee|girlfriend|boyfriend|roommate|housemate|mother|mom|father|dad|"
    r"brother|sister|nephew|niece|grandson|granddaughter|teen|teenager|kid|child|cousin|hija|hijo|esposa|esposo|marido|mujer|"
    r"novia|novio|madre|mama|padre|papa|hermana|hermano|sobrino|sobrina|nieto|nieta)"
)
PERSON = re.compile(rf"\b(?:{RELATION}|drivers?|conductor(?:a)?|him|her|them)\b")
VEHICLE = re.compile(r"\b(?:car|cars|vehicle|truck|van|suv|motorcycle|carro|coche|camioneta|troca|minivan|pickup)\b")
MAKES = (
    "honda", "toyota", "ford", "chevrolet", "chevy", "nissan", "tesla", "bmw", "kia", "hyundai", "subaru", "mazda", "jeep", "dodge",
    "volkswagen", "audi", "lexus", "volvo", "mercedes", "gmc", "ram", "buick", "acura",
)  # fmt: skip
NEW_VEHICLE = re.compile(
    r"\b(?:bought|buying|got|getting|leased|purchased|compre|new|nuevo)\b[^.;!?]{0,20}\b(?:" + "|".join(MAKES)
    + r"|car|truck|vehicle|van|suv|carro|coche)\b"
)  # fmt: skip
DEDUCTIBLE = re.compile(r"\b(?:deductibles?|deducibles?|out of pocket)\b")
COVERAGES: Mapping[str, str] = {
    "collision": r"collision|colision", "comprehensive": r"comprehensive|comp|glass|theft|todo riesgo", "dwelling": r"dwelling|house|vivienda",
    "personal_property": r"personal property|contents|belongings", "wind_hail": r"wind|hail|windstorm|granizo",
    "water_backup": r"water backup", "other_structures": r"other structures",
}  # fmt: skip
ALL_OF_THEM = re.compile(r"\b(?:both|all|every|each|everything|all my|ambos|todos|todas)\b")
_STOP = r"(?:cancel|terminat(?:e|ing)|end|ending|stop|kill|close|discontinue|drop|get rid of|shut (?:down|off)|cancelar|cancele|cancela|cancelen|terminar|dar de baja|de baja|anular|anula)"
CANCEL = re.compile(
    r"\b(?:cancel(?:ing|ling)?|cancellation|cancelar|cancele|cancela|cancelen|cancelacion)\b"
    r"|\b(?:want|need|get|have|like|be)\b [^.;!?]{0,40}\b(?:cancelled|canceled)\b"
    rf"|\b{_STOP} (?:[a-z']+ ){{0,4}}?{POLICY}\b|\b(?:don't|do not|no longer) (?:need|want) (?:[a-z']+ ){{0,3}}?{POLICY}\b"
    rf"|\b(?:end|terminate|kill|close|stop|discontinue) (?:it|this|everything)\b|\btake (?:me|us) off\b|\bleav(?:e|ing) (?:you|your company)\b|\b{POLICY} (?:should|to|can|must) (?:be )?(?:end|stop)(?:ed)?\b"
)
NOT_CANCEL = re.compile(
    r"\b(?:don't|do not|not|never|rather than|instead of|no quiero)(?: (?:want|wish|need|going))?(?: to)? (?:cancel\w*|end|stop)\b"
    r"|\b(?:cancel(?:lation)?) (?:fee|penalty|charge|request from)\b|\bdrop (?:my|the) (?:coverage|policy) (?:down )?to\b|\b(?:was|were|got|been|is) (?:cancelled|canceled)\b|\bif (?:i|we) cancel\w*\b"
    r"|\b(?:fee|penalty|charge|cost|how (?:do|can|would|could) (?:i|we|you)|can i still|should i|do i have to) (?:to |for )?cancel\w*\b"
)
REPLACED = re.compile(
    r"\b(?:switch(?:ed|ing)? (?:carriers?|compan(?:y|ies)|insurers?|to)|other (?:carrier|company|insurer)|new (?:carrier|insurer|insurance)|"
    r"cambie de|otra (?:compania|aseguradora)|elsewhere|another (?:carrier|company|insurer)|replaced)\b"
)
INSURERS = re.compile(r"\b(?:non-?payment|non pay|nonpay|for not paying|never pays|fraud|underwriting|falta de pago)\b")
NO_LAPSE = re.compile(
    r"\b(?:without (?:a |any )?(?:lapse|gap|break)|no (?:lapse|gap)|as if (?:it|nothing)[a-z ]*|sin (?:lapso|interrupcion)|continuous)\b"
)
NO_LOSS = re.compile(r"\b(?:no[- ]?loss(?:es)?|statement of no loss|sin siniestros)\b")
OBJECT = re.compile(
    r"\b(?:cancel(?:l?ing)?|cancellation of|cancelar|cancele|cancela|renew(?:ing)?|renovar|renueve|renueva) "
    r"(?:my|the|our|this|that|his|her|their|an?|mi|la|el|mis|su)\b ?(?P<of>(?:[a-z0-9'-]+ ?){1,4})?"
)
"""What is to be cancelled or renewed, where the words name it."""
WHOLE = re.compile(
    rf"^(?:(?:[a-z'-]+ ){{0,3}}?{POLICY}\b|(?:client|customer|insured|account|whole|entire|thing|one|lot|person|guy)\b|from\b|on\b|as\b|effective\b)"
)
PARTS = re.compile(
    r"\b(?:collision|comprehensive|comp|glass|roadside|rental|towing|gap|uninsured|underinsured|medical payments|liability|lienholder|mortgagee"
    r"|discount|auto-?pay|autopay|water backup|named insured|additional insured|beneficiar(?:y|ies)|rider|addition(?:al)? interest|loss payee)\b"
)
"""What belongs to a policy and is changed by a person."""
OTHER_THAN = re.compile(r"\b(?:other|except|besides|keep|keeping|but not|only|instead|menos|excepto)\b")
NO_CHANGE = re.compile(
    r"\b(?:what is|what's|what are|how much is|how high is|is my|cual es|cuanto es)\b[^.;!?]{0,30}\bdeducti?bles?\b|\bdeductibles? (?:is|are)\b[^.;!]{0,20}\?"
)
READS: Mapping[Intent, re.Pattern[str]] = {
    Intent.EXPLAIN_BILL: re.compile(
        r"\b(?:why|how come|explain|por que|porque|what happened|reason)\b[^.;!]{0,60}\b(?:bill|premium|price|paying|pay|cost|rate|charged?|more|"
        r"higher|expensive|up|increase\w*|subio|subido|cara|caro|cuesta|pago|pagando|aument\w+|factura|prima|jump\w*|so much|went)\b"
        r"|\b(?:bill|premium|price|rate|payment) (?:went up|is higher|increased|jumped|doubled|changed|has gone up)\b"
    ),
    Intent.REINSTATE: re.compile(
        rf"\b(?:reinstat\w*|reactivat\w*|un-?cancel|restor(?:e|ed|ing)|rehabilit\w+|reinstal\w+|reactiv\w+)\b"
        rf"|\b(?:put|bring|get|start|turn|want|have|like|need) (?:[a-z']+ ){{0,4}}?(?:{POLICY} )?(?:back (?:in force|on|up|into force|active)|again)\b"
        rf"|\b{POLICY} back\b|\bback in force\b"
    ),
    Intent.RENEW: re.compile(
        rf"\b(?:renew(?:ing|ed)?|renovar|renueva|renueve|renuevalo|renuevela|renovacion)\b|\b(?:another|one more|next) (?:year|term)\b"
        rf"|\bextend (?:[a-z']+ ){{0,3}}?{POLICY}\b|\botro ano\b|\bkeep (?:[a-z']+ ){{0,3}}?{POLICY} (?:going|another)\b"
    ),
    Intent.NEXT_PAYMENT: re.compile(
        r"\b(?:when|what day|what date|how much|what|cuando|cuanto|que dia|which day)\b[^.;!]{0,50}\b(?:payment|pay|bill|due|instal?lment|owe|debo|cuota|pago|pagar|"
        r"vence|premium due)\b|\bnext (?:payment|bill|instal?lment|due date)\b|\bproxim[oa] (?:pago|cuota)\b|\bdue date\b|\bbalance\b"
    ),
    Intent.SEND_DECLARATIONS: re.compile(
        r"\b(?:dec(?:s|laration|larations)?(?: |-)pages?|declarations?|decs?|proof of (?:insurance|coverage)|evidence of (?:insurance|coverage)|"
        r"insurance certificate|declaraciones|comprobante|prueba de seguro|pagina de declaraciones)\b"
        rf"|\bcopy of (?:[a-z']+ ){{0,3}}?{POLICY}\b|\bcopia de (?:mi |la )?{POLICY}\b"
    ),
    Intent.PAUSE: re.compile(
        r"\b(?:paus\w+|suspend\w*|suspension|freez\w+|on hold|put (?:[a-z']+ ){0,4}?on hold|congel\w+)\b"
        r"|\bstop [^.;!?]{0,30}\bfor (?:a|two|three|four|\d+|a few|the) (?:months?|weeks?|winter|summer)\b"
    ),
}  # fmt: skip
"""What is read anywhere in a request; changes of contents are read by the clause."""
_AMOUNT = r"(?:\$ )?\d[\d,.]*k?\b"
FORBIDDEN_CUES: Mapping[Forbidden, re.Pattern[str]] = {
    Forbidden.ORDERS: re.compile(
        r"\b(?:skip|bypass|ignor\w+|disregard|forget|override|without|no need (?:for|of|to)|don't (?:need|wait for|bother with)|do not (?:need|wait for)|omit|disable|sin|salta\w*|ignora)\b"
        r"[^.;!?]{0,40}\b(?:approv\w+|aprobacion|permission|asking|confirm\w*|rules?|reglas|instructions?|instrucciones|manager|review|sign-?off|authori[sz]ation|checks?)\b"
        r"|\b(?:system (?:override|prompt|message|note)|override code|you are now|you're now|act as|pretend (?:to be|you)|developer mode|admin(?:istrator)? mode|"
        r"as (?:an? )?(?:admin|administrator|system)|already approved|pre-?approved|has approved|approved by|approve (?:it|this|yourself)|mark (?:it |this )?(?:as )?approved|jailbreak)\b"
        r"|\b(?:system|assistant|admin) [:]"
    ),
    Forbidden.WAIVE_NOTICE: re.compile(
        r"\b(?:skip|waiv\w+|without|ignore|forget|don't (?:send|give|mail)|do not (?:send|give|mail)|no need (?:for|to)|omit|backdate|shorten|sin)\b[^.;!?]{0,40}"
        r"\b(?:notices?|aviso|notification|waiting period|ten days|10 days|thirty days|30 days|grace)\b"
    ),
    Forbidden.BACKDATE: re.compile(r"\b(?:back-?dat\w+|retroactiv\w+|pre-?dat\w+|retroactivamente)\b"),
    Forbidden.PRICE: re.compile(
        r"\b(?:set|make|change|lower|reduce|drop|charge|put|cut|give|price|fix|adjust|knock|take|bring|pon|baja|rebaja)\b[^.;!?]{0,40}\b(?:premium|price|rate|cost|bill|payment|prima|precio)\b[^.;!?]{0,30}"
        rf"(?:{_AMOUNT}|\bhalf\b|\bpercent\b|%)|\b(?:knock|take) [^.;!?]{{0,20}}(?:%|percent|dollars|\$ \d+) [^.;!?]{{0,15}}\boff\b"
        r"|\b(?:give|apply|add)\b[^.;!?]{0,30}\bdiscount\b|\bmatch (?:the|their|that|a) (?:price|quote|rate)\b|\bpremium (?:of|at|to) \$ \d|\bfor (?:just |only )?\$ \d[\d,.]* (?:a|per) (?:month|year)\b"
        r"|\b(?:price|charge) it (?:at|by)\b|\bwaive (?:[a-z']+ ){0,3}?(?:premium|fee|fees|payment|deductible)\b"
    ),
    Forbidden.PROMISE: re.compile(
        r"\b(?:confirm|promise|guarantee|assure|agree|say|state|tell me|make sure|put in writing|prometa|promete|garantice|confirme|approve|pay)\b[^.;!?]{0,60}\b(?:claims?|covered|loss|damage|pays? out|paid in full|reclamo|siniestro|cubiert[oa])\b"
        r"|\b(?:will|would|does|is|am|are|esta)\b[^.;!?]{0,50}\b(?:covered|cover (?:the|my|a|it)|claim (?:be )?(?:paid|approved)|pay (?:for )?(?:the|my) (?:claim|damage|loss)|cubre|cubierto)\b"
    ),
}  # fmt: skip
"""First what comes first: a request that gives orders is not looked at further."""
