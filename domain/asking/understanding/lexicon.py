"""The trade's words, as people write them, for what the records call by one name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.leads.lifecycle import Status
from domain.lines import Line, Tier
from domain.routing.offers import DeclineReason


def any_of(words: str) -> re.Pattern[str]:
    """Any of the alternatives, as whole words."""
    return re.compile(rf"\b(?:{words})\b")


LINES: tuple[tuple[Line, re.Pattern[str]], ...] = (
    (Line.MEDICARE, any_of(r"medicare(?: (?:supplements?|advantage|supp|part [abcd]))?|medigap|med supp?s?|medsup")),
    (Line.LONG_TERM_CARE, any_of(r"long term care|ltc|cuidado a largo plazo|cuidados? de largo plazo")),
    (Line.DISABILITY, any_of(r"disability(?: income)?|income protection|discapacidad|incapacidad")),
    (Line.UMBRELLA, any_of(r"umbrellas?|excess liability|personal liability|paraguas")),
    (Line.COMMERCIAL, any_of(r"commercial(?: auto| lines)?|business(?: owners?)?(?: insurance)?|bop|general liability|gl|"
r"workers comp(?:ensation)?|small business|comercial(?:es)?|negocios?")),
    (Line.RENTERS, any_of(r"renters?(?: 's)?|tenants?|ho ?4|inquilinos?|de alquiler")),
    (Line.HOME, any_of(r"home ?owners?(?: 's)?|homes?|houses?|property|dwelling|ho ?3|condos?|hogar(?:es)?|casas?|vivienda")),
    (Line.AUTO, any_of(r"autos?|cars?|vehicles?|motor|truck|coches?|carros?|automovil(?:es)?|vehiculos?")),
    (Line.LIFE, any_of(r"(?:term |whole )?life(?: insurance)?|(?:seguro )?de vida|vida")),
    (Line.HEALTH, any_of(r"health|medical|aca|obamacare|salud")),
    (Line.ANNUITY, any_of(r"annuit(?:y|ies)|rentas? vitalicias?|anualidad(?:es)?")),
    (Line.PET, any_of(r"pets?|dogs?|cats?|mascotas?")),
)  # fmt: skip
TIERS: tuple[tuple[Tier, re.Pattern[str]], ...] = (
    (Tier.HOT, any_of(r"hot(?:test|ter)?|red hot|calientes?|top tier|high quality")),
    (Tier.WARM, any_of(r"warm(?:est|er)?|tibi[oa]s?|medium")),
    (Tier.COOL, any_of(r"cold(?:est|er)?|cool(?:est|er)?|fri[oa]s?|low quality")),
)
_STATUS_WORDS: Mapping[Status, str] = {
    Status.WON: r"won|sold|closed won|bound|ganad[oa]s?|vendid[oa]s?",
    Status.LOST: r"lost|closed lost|perdid[oa]s?",
    Status.QUEUED: r"queued?|in the queue|unassigned|not assigned|waiting for (?:a person|somebody|assignment)|"
    r"nobody(?: 's)?(?: has)?(?= leads)|without (?:a |an )?(?:producer|agent|owner)|en (?:la )?cola|sin asignar",
    Status.OFFERED: r"offered|ofrecid[oa]s?",
    Status.DUPLICATE: r"duplicates?|duplicated|duplicad[oa]s?|dupes?",
    Status.MERGED: r"merged",
    Status.REJECTED: r"rejected|junk|rechazad[oa]s?",
    Status.RETURNED: r"returned(?: to (?:the )?(?:source|vendor))?|devuelt[oa]s?",
    Status.UNCONFIRMED: r"unconfirmed|sin confirmar",
    Status.QUALIFIED: r"qualified|calificad[oa]s?",
    Status.CONTACTED: r"contacted|reached|contactad[oa]s?",
    Status.ASSIGNED: r"assigned|asignad[oa]s?",
    Status.RECEIVED: r"just received",
}
STATUSES = tuple((status, any_of(words)) for status, words in _STATUS_WORDS.items())
OPEN_WORDS = any_of(r"open|active|working|in progress|abiert[oa]s?|activ[oa]s?")
OPEN_STATUS = (Status.ASSIGNED, Status.CONTACTED)
CLOSED_WORDS = any_of(r"closed|cerrad[oa]s?")
MINE = any_of(
    r"my(?: own)?|mine|i (?:have|own|got|hold|am working)|(?:do|did|have|can|should|must|may) i|i (?:have not|did not|never)"
    r"|assigned to me|given to me|for me|me asignaron|mis?|mios?|mias?|tengo|he|debo|i"
)
NOT_CONTACTED = any_of(
    r"(?:have|has|had|did|was|were|am|are|is) (?:(?:i|we|you|anyone|anybody|she|he|they) )?not (?:(?:i|we|you|anyone|anybody) )?(?:yet )?(?:been )?(?:called|call|contacted|contact|"
    r"reached(?: out to)?|reach|touched|touch|spoken (?:to|with)|talked (?:to|with)|followed up(?: with| on)?|phoned|"
    r"emailed|e mailed|texted|worked)(?: yet)?"
    r"|(?:never|not|yet to be|no one has|nobody has|nobody) (?:yet )?(?:been )?(?:called|contacted|reached|touched|"
    r"spoken to|talked to|phoned|worked)(?: yet)?"
    r"|uncontacted|untouched|uncalled|without (?:any )?contact|no contact|not heard from"
    r"|(?:que )?(?:todavia |aun )?no (?:he|hemos|ha|han|se ha) (?:llamado|contactado|hablado)(?: con)?|"
    r"sin (?:contactar|llamar|contacto)"
)
CONTACTED = any_of(
    r"did (?:i|we|you|[a-z]+) (?:call|contact|reach|phone|(?:talk|speak) (?:to|with))|"
    r"(?:i |we )?(?:have |has |had |did |was |were )?(?:been )?(?:called|contacted|reached|touched|spoken (?:to|with)|"
    r"talked (?:to|with)|phoned|spoke (?:to|with))"
    r"|(?:que )?(?:he |hemos )?(?:llamado|contactado|hablado)(?: con)?"
)
REASONS: tuple[tuple[DeclineReason, re.Pattern[str]], ...] = (
    (DeclineReason.TOO_BUSY, any_of(r"too busy|busy|no time|swamped|slammed|buried|underwater|snowed under|overloaded|overwhelmed|maxed out|booked(?: up| solid)?|full(?:y booked)?|no (?:bandwidth|capacity|room)|at capacity|too much on|(?:my )?plate is full|on vacation|out of office|off (?:today|this week|tomorrow)|do not have (?:the )?time|ocupad[oa]|no tengo tiempo")),
    (DeclineReason.OUT_OF_AREA, any_of(r"out(?:side)? (?:of )?(?:my )?(?:area|territory|region|county|zone)|(?:wrong|different) (?:area|territory|region|county|state)|not (?:in )?my (?:area|territory|region|county)|do not cover (?:that|this) (?:area|state|county)|too far(?: away)?|far away|not my (?:area|territory)|fuera de (?:mi )?(?:zona|"
r"area)|lejos")),
    (DeclineReason.NOT_MY_LINE, any_of(r"not my (?:line(?: of business)?|thing|specialty|product)|wrong line|not licensed (?:for|in)|not appointed|do not (?:sell|write|do) (?:this|that|\w+)|no es mi (?:linea|ramo)|"
r"no vendo")),
    (DeclineReason.CONFLICT_OF_INTEREST, any_of(r"conflict(?: of interest)?|related to me|my (?:cousin|brother|sister|uncle|aunt|family|relative|wife|husband)|"
r"conflicto(?: de intereses?)?|es mi (?:primo|familia)")),
    (DeclineReason.KNOWN_CUSTOMER, any_of(r"known customer|already (?:my|a|our) (?:customer|client)|existing (?:customer|client)|ya es (?:mi )?cliente")),
    (DeclineReason.LANGUAGE, any_of(r"(?:do not|can not) speak (?:the|their|her|his|\w+)(?: language)?|language(?: barrier)?|idioma|no hablo \w+")),
    (DeclineReason.POOR_LEAD, any_of(r"(?:poor|bad|weak|terrible|lousy|dead) lead|tire kicker|no good|low quality|poor quality|junk|bad quality|mal lead|mala calidad")),
)  # fmt: skip
LANGUAGES = {
    "spanish": "es", "espanol": "es", "english": "en", "ingles": "en", "chinese": "zh", "mandarin": "zh", "vietnamese": "vi",
    "korean": "ko", "french": "fr", "polish": "pl", "portuguese": "pt", "russian": "ru", "german": "de", "tagalog": "tl",
    "arabic": "ar", "hindi": "hi", "italian": "it", "japanese": "ja", "chino": "zh", "frances": "fr", "portugues": "pt",
}  # fmt: skip
LANGUAGE = any_of(rf"(?:in|en|speaks?|speaking|habla|hablan) (?P<l>{'|'.join(LANGUAGES)})")
LANGUAGE_ALONE = any_of(rf"(?P<l>{'|'.join(LANGUAGES)})(?: speaking| speakers?| version)?")
SOURCES = any_of(
    r"(?:from|via|through|by) (?:the |our )?(?P<s>web(?:site)?|facebook|google|referrals?|api|chat|partner|vendor|"
    r"zillow|e ?mail)(?: source| form| page| ads?| vendor)?|source (?P<s2>\w+)|(?P<s3>web|facebook|google) leads"
)
_CORRECT_WORDS = (
    "leads score scored scores producer producers assigned contacted reassign reassigned conversion premium "
    "commission commissions referral referrals network connections offers offer accept decline follow status schedule "
    "remind reminder similar explain message email homeowners medicare umbrella commercial renters health annuity "
    "disability yesterday tomorrow monday tuesday wednesday thursday friday saturday sunday january february "
    "september october november december month months called since within capacity documents policy numbers response "
    "count duplicates queued unassigned spanish draft write should would could which where there their these those "
    "about after before first second third state states today score llamado desde puntuacion prospectos muestrame "
    "cuantos cuantas ofertas productores agents agent texas florida illinois california georgia colorado arizona "
    "michigan indiana oregon wisconsin minnesota virginia clients client customers customer quote quotes every delete "
    "handbook manual territory source county "
)
CORRECT = frozenset(_CORRECT_WORDS.split())
"""Words that a slip of one letter is put right to, where the word is none that is known."""
_FUNCTION_WORDS = (
    "a an the of in on at to for from by with and or but not no is are was were be been am do does did done has have "
    "had i me my mine we us our you your he him his she her it its they them their this that these those who whom "
    "whose which what when where why how there here s can could would should will shall may might must please just "
    "now so then than as if any some all every each more most less least very too also about into over under near "
    "around within between out up down off yet already still only ever never again back lead leads prospect prospects "
    "client clients customer customers person people one ones show list find give get tell see know say says said "
    "call called contact contacted look looking want need like let go going come came make made take took put send "
    "sent got us hi hello hey ok okay yes today yesterday tomorrow el la los las un una unos unas de del al en con "
    "por para y o que quien cual cuales como cuando donde porque es son era fue esta este estos estas ese esa esos "
    "esas mi mis su sus me te se le les lo nos yo tu ella ellos ha han he hay muy mas menos si no ya dame muestra "
    "muestrame busca lista prospecto prospectos cliente clientes score scored tier hot warm cold line status route "
    "routed producer producers agent agents assigned owner offer offers message email sms text mail note file record "
    "details detail info information history story first second third last next top best good quick sure both few "
    "much many lot new old newest latest oldest please lets right reason because explain high low rated rating points "
)
FUNCTION = frozenset(_FUNCTION_WORDS.split())
"""Words that are nobody's name."""
KNOWN = (
    CORRECT
    | FUNCTION
    | frozenset(
        [
            "three",
            "seven",
            "eight",
            "tiene",
            "wrote",
            "given",
            "doing",
            "caliente",
            "calientes",
            "mine",
            "other",
            "quien",
            "where",
            "fewer",
        ]
    )
)
"""Words that stand as they are written."""
