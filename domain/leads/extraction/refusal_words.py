"""The words in which people ask not to be called, or seem to: the tables behind :mod:`domain.leads.extraction.refusal`."""

from __future__ import annotations

import re

from domain.leads.extraction.found import FAIR, LIKELY, WEAK


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


CALL = (
    r"(?:(?:tele)?phone\s(?:calls?|contact)|(?:tele)?calls?|called|calling|callin|phoned?|phoning|telephone|"
    r"robo-?calls?|(?:talk|speak)(?:ing)? (?:to|with) (?:anyone|anybody|agents|an agent|a person|a salesman|salespeople)|"
    r"reach(?:ing)? out|blow(?:ing)? up my phone|hear(?:ing)? from (?:you|anyone|"
    r"anybody|agents)|(?:give|share|sell) (?:out )?my (?:phone )?number|"
    r"ring|ringing|dial|dialing|contact(?:ed|ing)?|call(?:ing)?\s?back|bother(?:ed|"
    r"ing)?|harr?ass(?:ed|ing)?|solicit(?:ing|ation)?|"
    r"disturb|bug(?:ging)?|telemarket(?:ing|ers?)|(?:on|over|by|via)\s(?:the\s)?(?:tele)?phone)"
)
DO_NOT = r"(?:do\s?n'?\s?t|do\s?not|dnt|did\s?n'?t|did not|never|not|cannot|can'?t|unable to|won'?t|no)"
FORBIDS = re.compile(rf"\b({DO_NOT})\s((?:[a-z'-]{{1,14}}\s){{0,5}}?)({CALL})\b")
ENDS = re.compile(
    r"\b(?:stop|quit|cease|discontinue|halt|hold|refrain|avoid|enough|no longer|instead of|rather than|without|over)\s"
    rf"((?:[a-z'-]{{1,14}}\s){{0,5}}?)({CALL}|my phone)\b"
)
# Only these words may stand between: with any other the sentence is about something else.
BETWEEN = _words(
    "a accept agent agents agree agreed all allow allowed an and answer any anybody anyone ask asked at authorise",
    "authorised authorize authorized be being blowing bother brokers by cold company consent constant constantly",
    "dare desire e-mail email emailing even ever follow follow-up for from further give giving going harassing have",
    "i in insurance interest interested keep like looking make making marketing me messaging more my need no not",
    "now number of office on or our out people permission phone please pls receive rep reps request requested robo",
    "sales salesman salespeople send share sign signed somebody someone spam spamming speak speaking start such",
    "take talk talking telemarketing telephone text texting texts that the these this those through to try trying",
    "unsolicited up use via video voice wanna want wanted will wish with would you your",
)
PERMITS = _words(
    "accept agree agreed answer ask asked authorise authorised authorize authorized consent interest interested",
    "like need permission receive request requested sign signed speak speaking take talk talking wanna want wanted",
    "wish",
)
HAVE_THEM = _words("permission consent agent agents someone somebody anyone anybody people rep reps brokers")
BE = re.compile(
    r"\b(?:am|is|are|was|were|i'm|we're|they're|will|would|did|does|has|have|had|could|should|may|might)\s$"
)
SILENT = re.compile(
    r"^\s(?:back\b(?=.{0,20}\b(?:from|yet)\b)|yet|center|was|were|return|received|"
    r"made|came|has|have|no show|info|details|number on|plan)"
)
NO_BACK = re.compile(r"^\s(?:back|in\b)")
GOT = re.compile(r"\b(?:got|get|getting|gotten|received|receiving|had|have|has|were|was|been|is)\s$")
ME_AFTER = re.compile(r"^(?:$|[,!]|\s(?:me|us|calling|contacting|phoning|to (?:call|contact|phone))\b)")
SAID = re.compile(r"\b(?:told|asked|tell|telling|asking|said|please|begged?|prefer|rather)\s(?:\w{1,8}\s){0,2}$")

OUTRIGHT: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern), confidence)
    for pattern, confidence in (
        (
            r"\b(?:remove|take|delete|scratch|drop|get)\s(?:me|my (?:name|number|phone number|"
            r"phone|info|information|contact))\s"
            r"(?:off|from|out of)\s(?:of\s)?(?:your|the|this|all|any|every|that)?\s?(?:\w{1,12}\s){0,2}(?:lists?|"
            r"database|system|records|files)\b",
            LIKELY,
        ),
        (
            r"\b(?:stop it|cut it out|knock it off)(?=[\s.!]{0,4}$|\swith\s(?:the|all)\s)|"
            r"\bhate (?:the\s|your\s|these\s|getting\s)?(?:phone\s)?calls\b",
            WEAK,
        ),
        (
            r"\bif (?:you|anyone|anybody) (?:call|contact)s? (?:me |us )?again\b|\bonly\s(?:\w{1,12}\s)?in writing\b|"
            r"\b(?:no one|nobody) should (?:call|contact)\b",
            FAIR,
        ),
        (r"\btake\s(?:my|this)\s(?:phone\s)?number\soff\b", LIKELY),
        (
            r"\b(?:lose|delete|remove|forget|erase)\s(?:my|this)\s(?:phone\snumber|number|"
            r"phone|info|information|data|contact)\b(?!\sfrom\s(?:the|my)\spolicy)",
            LIKELY,
        ),
        (r"\bremove me(?=\s?(?:[.,!]|$|please|pls|now|thanks|immediately|asap))", LIKELY),
        (
            r"\bdo[\s-]not[\s-](?:call|contact)[\s-](?:list|registry|register)\b|\bno[\s-]?call(?:s)?[\s-]list\b|"
            r"\bnocalls?\b|\bno-calls?\b|\bdnc\b",
            LIKELY,
        ),
        (
            r"\bleave (?:me|us) alone\b|\bunsubscribe\b|\bcease and desist\b|\bget off my phone\b|"
            r"\bwrong number\b|\bno solicit(?:ation|ing|ors)\b",
            LIKELY,
        ),
        (
            r"(?<!tax )\bopt(?:ing|ed)? (?:me )?out\b(?!\sof\s(?!(?:all|any|your|these|this|"
            r"the)?\s?(?:calls?|texts?|messages|contact|marketing|e-?mails)))",
            LIKELY,
        ),
        (
            r"\b(?:revok|withdraw|rescind|retract)(?:e|ing)?\s(?:my\s|any\s|all\s)?(?:prior\s)?(?:consent|"
            r"permission|authorization)\b",
            LIKELY,
        ),
        (
            r"\b(?:no|not)\s(?:by\s|over\s|on\s|via\s)?(?:the\s)?(?:tele)?phone(?=\s?(?:[.,!;]|"
            r"$|please|pls|contact)(?!\s(?:number|plan|coverage)))",
            LIKELY,
        ),
        (r"\b(?:do\s?n'?t|do not|never)\suse\s(?:my|this)\s(?:phone|number)", LIKELY),
        (
            r"\b(?:rather|prefer) not (?:to )?(?:talk|speak) on the phone\b|\b(?:can'?t|"
            r"cannot|unable to) (?:talk|speak) on the phone\b",
            FAIR,
        ),
        (
            r"\b(?:(?:tele)?phone\s)?calls\s(?:to\s|must\s|need to\s|have to\s)?(?:stop|"
            r"end|cease)\b(?!\s(?:sign|light))",
            LIKELY,
        ),
        (
            r"\b(?:e-?mail|text|texts|sms|mail|post)(?: or (?:e-?mail|text|mail))?(?:\smessages?|"
            r"s)?\sonly\b|\bonly\s(?:by|via|through)\s(?:e-?mail|text|sms|mail)\b|"
            r"\bonly\s(?:e-?mail|text)\s(?:me|please)\b|\bsolo (?:por )?(?:mensajes?|textos?|correo|e-?mail|whatsapp)\b",
            FAIR,
        ),
        (r"\b(?:stop|quit)\s(?:texting|messaging|e-?mailing|spamming)\b", WEAK),
        (
            r"\b(?:borr|elimin|quit|saqu|sac)(?:en|e|a|ue|uen)?(?:me)?\s(?:mi (?:numero|"
            r"telefono|nombre)|de (?:la|su|sus|esta) (?:\w{1,10}\s)?lista)\b",
            LIKELY,
        ),
        (r"\b(?:dar|den|deme|denme)(?:me)? de baja\b|\bnumero equivocado\b", LIKELY),
    )
)
CALL_ES = (
    r"(?:llame[ns]?|llames|llameis|llamar(?:me|nos)?|llamadas?|llamando|marcando|"
    r"molestando|contactad[oa]|llamad[oa]|marque[ns]?|marcar(?:me|nos)?|contacte[ns]?|"
    r"contactar(?:me|nos)?|"
    r"telefone(?:en?|es|ar|arme)|moleste[ns]?|molestar(?:me|nos)?|habl(?:e|en|es|ar|arme) por telefono)"
)
FORBIDS_ES = re.compile(
    r"\b(?:ya no|no|ni|nunca|sin|basta|dej(?:e|en|a|ar)|pare[ns]?|evit(?:e|en|a|"
    rf"ar)|abst\w{{2,8}})\s((?:[a-z]{{1,12}}\s){{0,5}}?)({CALL_ES})\b"
)
BETWEEN_ES = _words(
    "a acepto autorizo con contestar de deseo doy estar este esten favor la las mas me mi nadie necesito ni no nos",
    "otra para permiso por puedo que quiero recibir sea ser siga sigan su sus tantas tomar una ustedes vuelva",
    "vuelvan vuelvas ya",
)
PAST_ES = re.compile(r"(?:llam|contact|molest|telefone)\u00e9$|marqu\u00e9$")  # "no llamé" says what I did

ALONE = re.compile(
    r"\W{0,5}(?:please\s|por favor\s)?(?:stop|stopall|stop all|unsubscribe|quit|end|revoke|opt out|optout|remove me|"
    r"alto|basta|baja|parar)\W{0,5}"
)
ALONE_UNSURE = re.compile(
    r"\W{0,5}(?:cancel|cancelar)\W{0,5}|.{0,60}(?:please|just|number|[,.!])\s(?:please\s|just\s)?stop[\s.!]{0,5}"
)
# "You never call me" is a complaint about silence, "so that they do not call" is a wish.
OTHERS = re.compile(
    r"\b(?:i|we|they|he|she|you|guys|who|agents?|people|nobody|no one|if|why|adjuster|"
    r"company|broker|it|insurer|ellos|ustedes|"
    r"nadie|si|por que)\s(?:just\s|still\s|simply\s|usually\s|do\s|did\s|will\s)?$"
)
ASKING = re.compile(
    r"\b(?:can|could|will|would|please|pls|make sure|ask|asked|told|that|prefer)\s(?:\w{1,6}\s)?(?:you|"
    r"they|he|she|people|guys)\s(?:people\s|guys\s)?$"
)
NOT_ME = re.compile(
    r"^\s(?:it\s|around\b|person\b|them\b|him\b|for\s(?:a|my|the)\sclaim|(?:my|the)\s(?:\w{1,10}\s)?(?:agent|"
    r"carrier|employer|insurer|boss|insurance|"
    r"company|landlord|lender|ex|police|dealer|adjuster|bank|doctor)\b)"
)
# Words of forms: "you agree to calls even if your number is on a do-not-call list", "reply STOP to unsubscribe".
BOILERPLATE = re.compile(
    r"\b(?:even if|though|although|regardless of|stop to|you may|you can|able to)\s(?:\w{1,10}\s){0,8}$"
)
LIMIT = re.compile(
    r"^\s(?:me\s|us\s)?(?:\w{1,9}\s){0,2}?(?:before|after|until|till|between|during|(?:at|to)\s(?:my\s)?(?:work|job|office)|"
    r"my\s(?:work|job|office)|on weekends?|on (?:sun|satur|mon|tues|wednes|thurs|"
    r"fri)days?|in the (?:morning|afternoon|evening)s?|"
    r"at night|while|when|too (?:early|late)|so (?:early|late)|early|late|this (?:morning|"
    r"week|weekend)|today|mornings|evenings|"
    r"weekends|past|earlier than|later than|right now|antes|despues|hasta|durante|"
    r"en el trabajo|los (?:fines|domingos|sabados)|"
    r"por la|en la (?:manana|tarde|noche)|de noche|tan (?:temprano|tarde)|entre)\b"
)
KEEP_ON = re.compile(r"\b(?:won't|wont|will not|doesn't|don't|dont|can't|cannot|never|no)\s$")
