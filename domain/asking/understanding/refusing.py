"""What is never answered here, whoever asks: prices, advice, law, others' data, free queries, deletion, many writes at once."""

from __future__ import annotations

import re

from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import Why

_ALWAYS: tuple[tuple[Why, re.Pattern[str]], ...] = (
    (Why.PERSONA, any_of(
        r"(?:ignore|disregard|forget|override) (?:everything|all|anything|what) (?:\w+ ){0,4}(?:told|said|before|above|know)|"
        r"(?:ignore|disregard|forget|override) (?:\w+ ){0,3}(?:instructions?|rules?|prompts?|restrictions?|guidelines?|"
r"limits?)|you are now|developer mode|jailbreak"
        r"|act as (?:an? |the )?(?:admin\w*|system|root|another|someone|manager)|(?:as|like) (?:if (?:i|you) (?:am|are|"
r"were|was) )?(?:an? |the )?(?:admin\w*|superuser|root)\b"
        r"|pretend|log (?:me )?in as|impersonate|on behalf of another|i am (?:now )?(?:the |an? )?(?:owner|admin\w*|manager|root)(?= (?:now|so|and|here))|"
r"ignora (?:\w+ ){0,3}(?:instrucciones|reglas)")),
    (Why.CONFIRM, any_of(
        r"without (?:asking|checking|confirmation|confirming|approval|my (?:ok|okay|approval|confirmation))|skip (?:the |my )?(?:confirmation|approval)|"
        r"(?:no|do not|never|stop|without|not) (?:need to |bother (?:to )?|have to |wait for me to |make me |wait for my )?(?:ask(?:ing)?|confirm(?:ing|ation)?)"
        r"(?: me)?(?: first| again| to confirm)?|no confirmation|(?:no need|not necessary|skip|forget|without) (?:for |the |waiting for )?(?:my |any )?(?:ok|okay|approval|consent|asking|confirming|yes|go ahead)|auto ?(?:approve|confirm)|sin (?:confirmacion|confirmar(?: con nadie)?|preguntar(?:me)?)")),
    (Why.BULK, any_of(r"(?:approve|confirm|aprueba|confirma) (?:everything|all(?: of (?:it|them))?|it all|them all|todo)")),
    (Why.SECRETS, any_of(
        r"passwords?|api keys?|secret keys?|credentials?|(?:your |the )?system prompts?|your (?:instructions|prompt)|"
r"access tokens?|contrasenas?|claves? (?:de )?(?:api|acceso)"
        r"|social security numbers?|ssns?|credit card")),
    (Why.QUERY, any_of(
        r"sql|dump (?:the |all |our )?(?:\w+ )?(?:database|data|tables?|records)|(?:the|whole|entire) database|select from \w+|select (?:count|id|name|distinct|email|phone)\b.{0,60} from \w+|drop (?:the )?tables?|insert into|update \w+ set|delete from|union select|"
r"truncate (?:the )?(?:table|database)|cypher|raw query|database query|run (?:a|this) query")),
    (Why.ERASE, any_of(
        r"^(?:(?:please|can|could|would|you|i|want|need|to|now|then|and|ok|just|por favor|quiero|puedes) )*(?:remove(?!.{0,40}\b(?:filter|from my))|delete|erase|wipe|scrub|nuke|trash|purge|destroy|borra(?:r)?|elimina(?:r)?|suprime)\b|(?:delete|erase|wipe|scrub|purge|remove|destroy|get rid of|borra|elimina|borrar|eliminar|suprime) (?:(?!from my|"
r"the filter).){0,40}?(?:all|every\w*|leads?|records?|data\w*|history|producers?|audit|receipts?|her|him|it|them|"
r"this|that|one|todo\w*|prospectos?|datos|registros?|account|file|\d)")),
    (Why.FOREIGN, any_of(
        r"(?:other|another|different|competing|competitor|rival|neighbou?ring|any other) (?:\w+ )?(?:agenc(?:y|ies)|"
r"firms?|brokerages?|tenants?)(?: 's)?|(?:agency|firm|brokerage) (?:down the (?:street|road)|across (?:the street|town)|next door)|"
r"(?:somebody|someone) else 's (?:agency|book)|competitors?(?: 's)?|across (?:all )?agencies|otras? agencias?|"
r"la competencia|every agency|all agencies")),
    (Why.PROTECTED, any_of(
        r"(?:black|white|hispanic|latino|latina|asian|jewish|muslim|christian|gay|lesbian|immigrant|pregnant|disabled|"
r"foreign|undocumented|minority) (?:leads?|people|prospects?|clients?|customers?|ones|families|women|men|"
r"neighbou?rhoods?)"
        r"|(?:show|list|find|give|which|who|how many|only|any|leads?|prospects?|clients?|customers?|names?|people|them)\b.{0,40}\b(?:hispanics?|latin[oa]s?|"
        r"muslims?|jews|jewish|arabs?|asians?|gay|lesbians?|transgender|undocumented|immigrants?|foreigners?|minorit(?:y|ies)|african americans?)"
        r"|(?:race|ethnicity|religion|religious|sexual orientation|nationality|immigration status|skin colou?r)|"
r"by (?:gender|sex)\b|(?:sounds?|sounding|look) (?:foreign|black|hispanic|latino|arab\w*)|raza|religion")),
)  # fmt: skip
_UNLESS_RECORDS: tuple[tuple[Why, re.Pattern[str]], ...] = (
    (Why.QUOTE, any_of(
        r"(?:get|give|run|make|prepare|generate|calculate|need|want|do|build|work up) (?:me |her |him |them |us )?(?:an? |"
r"the )?(?:\w+ ){0,2}?(?:quote|quotation|price|estimate|rate)"
        r"|how much (?:would|will|does|do|is|should|could) (?:\w+ ){0,6}?(?:cost|pay|charge|insurance|coverage|policy|be)|"
r"what (?:would|will|does|is) (?:\w+ ){0,5}?(?:cost|the price|the rate|the premium (?:for|be|on))|(?:(?:cheapest|"
r"lowest) (?:\w+ )?|best )(?:carrier|company|rate|price|policy|insurance|coverage|plan|option|premium)|ballpark|what (?:would|will|could|might|should|is) .{1,40}premium(?: be| run| with| for)|(?:rough|going|monthly) (?:price|cost|rate|estimate|figure)|"
r"(?:what|how much) (?:would|will|does|do|is|could|might) .{0,50}?(?:run|cost|pay|set (?:\w+ )?back|go for)\b|price (?:out|up)\b|run (?:the |some )?(?:rates|numbers for)"
        r"|quote (?:her|him|them|me|this|that|the|it|for|a|an|on)|bind (?:the|a|an|her|him|this|that|it|coverage|cover|"
r"policy)|issue (?:the|a|her|his) policy"
        r"|cotiza\w*|cotizacion|presupuesto|cuanto (?:costaria|cuesta|costara|pagaria)")),
    (Why.ADVICE, any_of(
        r"(?:which|what|how much|how high|cuanta|que) (?:\w+ ){0,3}?(?:limits?|deductibles?|coverages?|cover|carriers?|"
r"policy|plan|cobertura|deducible|limite)\b(?= (?:\w+ ){0,4}?(?:should|does|would|is (?:right|best|enough)|"
r"to (?:buy|get|recommend|choose|offer|sell|take)|do|debe\w*|le conviene|necesita))"
        r"|enough (?:\w+ ){0,2}?(?:coverage|cover|insurance|liability|protection|limits?)|(?:do|does|would) (?:\w+ ){1,3}?(?:need|want) (?:an? |more |the |any )*(?:umbrella|"
r"flood|gap|riders?|coverage|full coverage|cover|medigap|advantage|supplement|term|whole life|plan|policy|insurance|endorsement|deductible)\b|should (?!i\b|we\b)(?:\w+ ){1,3}?(?:take|get|buy|choose|pick|drop|raise|lower|increase|go with|go for|switch to|"
r"keep|add|carry|have|stick with) (?:(?:the|a|an|more|less|higher|lower|her|his|their|bigger|cheaper) )*(?:\w+ )?(?:deductibles?|limits?|coverages?|cover|policy|plan|umbrella|"
r"riders?|term|whole life|medigap|advantage|insurance|liability|carrier|supplement)\b|better (?:plan|policy|coverage|carrier|cover|deal for)|"
r"how much (?:\w+ )?(?:coverage|cover|insurance|life insurance)|recommend (?:an? |the )?(?:\w+ ){0,2}(?:limits?|"
r"deductibles?|coverage|policy|plan|carrier)|is (?:\w+ ){0,3}?(?:enough|adequate) (?:coverage|cover|insurance|"
r"limits?|liability|for)"
        r"|should (?:she|he|they|the client|the lead|my client|the customer|\w+) (?:buy|get|take|choose|drop|cancel|"
r"switch|raise|lower)|(?:is|are|would|will) (?:\w+ ){1,6}?covered|does (?:\w+ ){1,5}?cover\b|cubre|le conviene")),
    (Why.LEGAL, any_of(
        r"(?:can|may|could|should|am|are) (?:i|we) (?:still |allowed to |permitted to )?(?:call|text|email|contact|message) .{0,60}\b(?:do not call|dnc|opted out|unsubscribed|"
            r"without (?:\w+ )?consent|(?:after|before|past) \d+|at night|on (?:a )?sundays?)|"
            r"(?:is|was|would|are) (?:.{1,40} )?(?:legal|illegal|lawful|unlawful|against the law|a violation)|(?:broken?|breaking|break) (?:any |the )?laws?|"
        r"(?:can|could|will|may) (?:i|"
r"we|she|he|they) (?:be |get )?(?:sued?|fined|liable|prosecuted)|legal advice|lawsuit|sue(?= (?:me|us|him|them|over|for)\b)|my liability|"
r"breaking the law|violat\w+ (?:the )?(?:law|tcpa|hipaa)"
        r"|does (?:the )?(?:tcpa|hipaa|law|statute)|(?:is|am) (?:i|it) (?:allowed|permitted) by law|es legal|es ilegal|"
r"demandar\w*|consejo legal|asesoria legal|attorney|lawyer|abogado")),
    (Why.EDIT, any_of(
        r"(?:change|set|raise|lower|increase|boost|edit|update|correct|fix|make|bump|rename) (?:[\w']+ ){0,6}?(?:scores?|tiers?|"
r"phone|e ?mail address|address|birthday|licen[cs]es?|capacity|commissions?|weights|routing rules?|routing|zip|"
r"name)\b"
        r"|(?:make|set up|open|create|register) (?:me |us |him |her )?(?:an? |the )?(?:new |another )?(?:\w+ )?(?:account|login|user|profile|producer)\b"
        r"|(?:add|create|hire|fire|invite|deactivate|suspend|onboard) (?:an? |the |new )*(?:producers?|agents?|users?|"
r"managers?|leads?)\b(?! named)|merge|import (?:\w+ )?leads|export|download|cambia la puntuacion|"
r"sube la puntuacion")),
)  # fmt: skip
_BULK = any_of(
    r"(?:all|every|each|everyone|everybody|todos|todas|cada)(?: (?:of )?(?:the|my|our|those|these|them|"
    r"\w+))?(?: [\w']+){0,3}? ?(?:leads?|offers?|invitations?|prospects?|clients?|people|of them|them|one|ones|everyone|prospectos|"
    r"ofertas|invitaciones|clientes)"
    r"|everyone|everybody|(?:them|those|these) all|all of (?:them|those|these)|everything|a todos|todos|mass|bulk|"
    r"every\w+|whole (?:list|book)|entire (?:list|book)|my leads|the leads|\d+ leads"
)


def always(plain: str) -> Why | None:
    """The reason why a question is refused whatever else it says."""
    return next((why for why, pattern in _ALWAYS if pattern.search(plain)), None)


def else_refused(plain: str) -> Why | None:
    """The reason why a question that asks for no record and no document is refused."""
    return next((why for why, pattern in _UNLESS_RECORDS if pattern.search(plain)), None)


_SEVERAL = any_of(r"leads|prospects|clients|customers|people|folks|ones|families|households|prospectos|clientes")
_WORDS_OF_IT = re.compile(r"\b(?:that|saying|says|because|since|about|regarding|diciendo|porque|sobre|so|as)\b|[:;]")


def is_for_several(plain: str) -> bool:
    """Whether what a write is for is named in the plural; what follows (the message, the reason) may say anything."""
    words = _WORDS_OF_IT.search(plain)
    return _SEVERAL.search(plain[: words.start()] if words else plain) is not None


def is_bulk(plain: str) -> bool:
    """Whether a write is meant for many at once."""
    return _BULK.search(plain) is not None
