"""How people speak of the broker network: patterns over plain words, as data."""

from __future__ import annotations

import re

from domain.asking.understanding.lexicon import any_of

_TIER = r"(?:silver|gold|platinum|diamond|plata|oro|platino|diamante)"
ELSEWHERE = any_of(
    r"referral (?:agreements?|fees?|splits?|deals?|arrangements?|contracts?)|leads? from (?:the |our )?referrals?|"
    r"(?:sales|won|premium|closing) leaderboard|who refers? (?:\w+ )?leads? to us|referral source"
)
"""What sounds of the network and is answered elsewhere."""
KNOWN_CUE = re.compile(
    r"\b(?:(?:as|by what|going by what|according to what|judging by what|with what|based on what) (?:we|i|it|was|had|is|were) ?"
    r"(?:was|were|had)? ?(?:known|knew)|as (?:known|recorded)|(?:segun|por) lo que (?:se )?(?:sabia|sabiamos)|como se sabia)\b"
)
CONNECTED = any_of(
    r"connected|(?:is|was|am|are|were) .{0,40}?spoke with|connections?|connection requests?|hooked up|linked|tied|in (?:my|the|'s) network|my (?:network|partners|mentors?)|partners with|conectad[oa]s?|"
    r"conexion(?:es)?|mi red|who .{0,20}(?:partners?|mentors?)"
)
ASKED = any_of(
    r"requests?|requested|asked (?:me|to|for)|asking|pending|waiting|wants? to (?:connect|partner)|unanswered|solicitud(?:es)?|"
    r"pendientes?|pidio|pidieron"
)
STANDS = any_of(r"am i|are (?:we|they)|is|right now|now|currently|active|estoy|esta|ahora|activas?")
REACH = any_of(
    r"(?:my|'s|·|network|the) reach|reach of|(?:within|in) (?:one|two|three|[123]) (?:steps?|degrees?|hops?|handshakes?)|(?:degrees?|steps?) (?:of|away|out)|"
    r"how (?:many people|far) (?:can|do|could|does) .{1,30}(?:reach|get)|how (?:big|large|wide) is (?:my|the|·) .{0,8}(?:network|circle)|mi alcance|"
    r"a cuant[oa]s (?:personas )?(?:llego|alcanzo|puedo llegar)"
)
DEGREES = re.compile(
    r"\b(?P<n>one|two|three|first|second|third|1st|2nd|3rd|[123]|un|dos|tres)(?: |-)?(?:steps?|degrees?|hops?|handshakes?|pasos?|grados?)\b"
)
DEGREE = {
    "one": 1,
    "first": 1,
    "1st": 1,
    "un": 1,
    "two": 2,
    "second": 2,
    "2nd": 2,
    "dos": 2,
    "three": 3,
    "third": 3,
    "3rd": 3,
    "tres": 3,
}
RAISE = any_of(
    rf"(?:what|how|which|ways?|tips?|que|como|anything|something)\b.{{0,60}}?(?:raise|increase|improve|boost|lift|bump|grow|push|better|add to|higher|"
    rf"subir|mejorar|aumentar)\b.{{0,30}}?(?:score|tier|standing|puntuacion|nivel)"
    rf"|(?:get|move|go|climb|make|jump|rise|advance|reach|hit|be|become|llegar|subir|alcanzar)(?: it| up| me)?(?: to| a| al?)? (?:the )?(?:next tier|next level|{_TIER})\b|"
    rf"(?:missing|short|away|need|lack|left|far|falta)\b.{{0,30}}?(?:to|for|of|from|para|until|till|reach|get)\b.{{0,12}}?(?:next tier|next level|{_TIER})|"
    rf"how (?:far|close|many points) .{{0,30}}?(?:next tier|{_TIER})|que (?:me )?falta para"
)
STANDING = any_of(
    r"network (?:score|standing|tier|status)|broker (?:score|tier)|score in the network|(?:my|·|'s) (?:current )?(?:network )?(?:score|tier|standing)|"
    r"(?:what|which) (?:network )?tier (?:am|is|are|do|does)|tier (?:am i|is ·|i am)|am i (?:still )?(?:bronze|silver|gold|platinum|diamond)|"
    r"why (?:am i|is ·) (?:only |still |just )?(?:at |in |on )?(?:bronze|silver|gold|platinum|diamond)|my benefits|"
    r"(?:mi|que) (?:nivel|puntuacion)(?: en la red)?(?: tengo)?|(?:en )?que nivel (?:estoy|soy)"
)
PLACE = any_of(
    r"(?:network )?leader ?board|(?:where|how) (?:do|am|does|is) (?:i|·) (?:rank|ranked|placed|place|compare|stack up|measure up)|(?:my|'s|·) (?:rank|ranking|place|position)\b|"
    r"(?:what|which) (?:rank|place|position|spot) (?:am|do|is|does)|who (?:is|are) (?:the )?(?:top|best|leading|highest) (?:\w+ )?(?:in|of) the network|top (?:brokers|of the network)|"
    r"clasificacion|que (?:lugar|puesto|posicion)"
)
VALUE = any_of(
    r"network 's? ?(?:value|worth)|(?:value|worth) of (?:my|the|·) .{0,12}network|how much (?:is|was|has) (?:my|the|·) .{0,12}network\b|"
    r"what (?:is|has|did|was) (?:my|the|·) .{0,12}network (?:worth|brought|bring|earn\w*|made?|generate\w*)|(?:my|·|'s) network (?:value|is worth)|cuanto vale (?:mi|la) red|valor de (?:mi|la) red"
)
GROWTH = any_of(
    r"network .{0,20}?(?:grow\w*|grew|trend\w*|develop\w*)|growth of (?:my|the|·) .{0,10}network|referrals? (?:by|per|each) month|"
    r"(?:network|referral) (?:growth|forecast|trend)|how many referrals .{0,30}next month|crecimiento de (?:mi|la) red"
)
ADVICE = any_of(
    r"(?:advice|advise|recommend\w*|suggest\w*|tips?|ideas?|consejos?|recomienda\w*|recomendaciones)\b.{0,60}?(?:network|connect\w*|referral|refer|partner\w*|ties?|red|conexiones)|"
    r"(?:network|referral|connection) (?:advice|tips|recommendations)|(?:who|whom) should i (?:connect|partner|network|work|team up|reconnect)(?: (?:more|less|up))?(?: with)?\b|"
    r"(?:make|get) (?:more|better use|the most) (?:of|out of) my (?:network|connections|ties)|how (?:effective|good) is my network|which (?:ties|connections|partners) should i"
)
REFERRALS = any_of(
    r"referrals?|referidos?|referred|(?:passed|handed|given) on|(?:i|we) pass(?:ed)? on|(?:leads?|ones?) (?:that )?(?:i|we) (?:sent|passed|referred|gave)|"
    r"(?:sent|passed|referred) (?:to )?me|refiri\w+"
)
HOW_MANY = any_of(r"how many|count|number of|tally|cuant[oa]s")
RECEIVED = any_of(
    r"to me|for me|(?:did|do|have) i (?:get|got|received?)|i (?:got|received|was sent|was given|have been sent)|incoming|received|inbound|sent me|passed me|gave me|referred me|"
    r"(?:my|your) answer|should i answer|i (?:need|have) to answer|recibid[oa]s?|me (?:enviaron|refirieron|mandaron)|que recibi"
)
SENT = any_of(
    r"(?:did |have |do )?i (?:have )?(?:sent|send|made|make|passed|pass|gave|give|referred|refer)|my sent|from me|outgoing|outbound|sent|(?:to|by) (?:others|colleagues)|enviad[oa]s?|"
    r"(?:envie|referi|mande)"
)
ENDING = any_of(
    r"expir(?:e|es|ing)(?! at)|run(?:s|ning)? out|end(?:s|ing)? (?:soon|today|tomorrow|this)|due|(?:about|close) to (?:end|lapse|expire)|lapse|laps(?:e|es|ing)|"
    r"vencen?|por vencer|caducan?"
)
STATES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("accepted", any_of(r"accepted|taken|aceptad[oa]s?")),
    ("declined", any_of(r"declined|turned down|refused|rejected|rechazad[oa]s?")),
    ("expired", any_of(r"expired|lapsed|ran out|vencid[oa]s?|caducad[oa]s?")),
    ("converted", any_of(r"converted|won|sold|closed|turned into (?:a )?(?:sales?|polic(?:y|ies))|convertid[oa]s?|ganad[oa]s?")),
    ("lost", any_of(r"lost|perdid[oa]s?")),
    ("withdrawn", any_of(r"withdrawn|taken back|pulled back|retirad[oa]s?")),
    ("pending", any_of(
        r"pending|open|wait\w*|unanswered|still|hanging|outstanding|no (?:answer|reply)|not (?:been )?answered|need(?:s|ing)? (?:an |my )?answer|"
        r"did (?:anybody|anyone|somebody|they) answer|abiert[oa]s?|pendientes?|esperan?|sin respuesta|answer")),
)  # fmt: skip
PARTNER = any_of(
    r"(?:who|whom|quien|a quien) (?:\w+ ){0,2}?(?:could|can|should|would|might|do|shall|puedo|podria|debo|deberia) (?:i |we )?(?:\w+ )?(?:refer|pass|hand|send|recommend|referir|remitir)\b|"
    r"(?:who|which (?:partner|broker|colleague)) (?:in (?:my|the) network )?(?:could|can|should|would|might) (?:i )?(?:refer|take|have|handle|get)\b.{0,60}?(?:referral|network)|"
    r"who in (?:my|the) network\b|(?:find|suggest|propose|recommend|name|get|busca|sugiere|recomienda|need|want|look(?:ing)? for|show|list)\b.{0,40}?(?:referral )?(?:partners?|match(?:es)?|receivers?|somebody in (?:my|the) network|"
    r"someone in (?:my|the) network|companer[oa]|colega)\b|(?:best|good|right) (?:referral )?(?:partners?|match(?:es)?|person to refer|fit in the network)|referral (?:partners?|match(?:es)?) for|"
    r"(?:partners?|match(?:es)?) for (?:the )?(?:lead|·)|somebody in my network"
)
DRAFT = any_of(
    r"(?:draft|write|compose|prepare|word|put together|redacta\w*|escribe\w*|prepara\w*|help me write)\b(?=.{0,80}\b(?:refer\w*|referral|passing|pass on|referido|refiero|network)\b)"
    r"(?=.{0,80}\b(?:note|message|words?|text|lines?|mensaje|nota|something|email|intro\w*|draft)\b)|(?:draft|write|redacta) .{0,12}referral\b"
)
TEAM = any_of(
    r"who (?:is|are|else is) (?:in|on|part of) (?:my|our|the|·) .{0,24}?team|(?:show|list|see|tell me about)(?: me)? (?:my|our|the) team(?: members?| roster)?$|team (?:members?|roster|mates?|invitations?)|members? of (?:my|our|the)(?: \w+){0,2} team|"
    r"(?:invitations?|invites?)\b.{0,30}?team|quien(?:es)? (?:esta|estan|hay|son) en (?:mi|el|nuestro) equipo|what team am i (?:in|on)|which team am i"
)
COMMISSION = any_of(r"commissions?|comision(?:es)?")
EXPLAIN = any_of(
    r"why|explain\w*|break ?down|how (?:is|was|did|does|do|come|come about)|what (?:is|makes?|made) .{0,20}(?:up|behind|based)|worked out|calculat\w+|computed|came about|come from|"
    r"por que|explica\w*|como se calcul\w+"
)
POLICY_NUMBER = re.compile(
    r"(?:\b(?:policy|p[o\u00f3]liza)(?: (?:number|no\.?|num|n[u\u00fa]mero))?[ #:]+)(?P<n>(?=[\w-]*\d)[A-Za-z0-9][\w-]{2,40})|"
    r"\b(?P<m>[A-Z]{1,6}-?\d[\w-]{2,40})\b", re.IGNORECASE,
)  # fmt: skip
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("cross_referral", any_of(r"cross ?-? ?referrals?|refer (?:leads )?to each other|referidos cruzados|swap leads")),
    ("partnership", any_of(r"partner(?:s|ship|ing)?|team up|socios?|sociedad|alianza|colaboracion")),
    ("mentorship", any_of(r"mentorship|mentee|mentor(?:ing)? (?:him|her|them|·)|be (?:his|her|their|·) mentor|mentoria")),
)  # fmt: skip
