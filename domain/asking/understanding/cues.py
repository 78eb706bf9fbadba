"""Wordings that a reading question is known by at once, as patterns over plain words."""

from __future__ import annotations

import re

from domain.asking.understanding.lexicon import any_of

DOCUMENTS = any_of(
    r"(?:our|company|agency|agency 's) polic(?:y|ies) for|"
    r"(?:our|the|company|agency|agency 's|office) (?:\w+ ){0,2}?(?:polic(?:y|ies) (?:say|says|on|about|regarding)|"
    r"handbook|manual|guide(?:lines?|book)?|playbook|documents?|documentation|procedures?|rules? (?:on|about|for|say|"
    r"says)|training|scripts?|knowledge base|underwriting (?:guide|rules))"
    r"|(?:handbook|manual|guidelines?|playbook|documents?|docs|procedures?|underwriting guide|knowledge base) (?:say|"
    r"says|about|on|cover|for|mention|tell|require)|according to (?:our|the|company)|(?:is|are) there (?:an? |"
    r"any )?(?:rule|rules|policy|guideline|procedure|script)|do we have an? (?:\w+ )?(?:script|rule|policy|procedure|guideline)s?|what (?:is|are) our (?:\w+ ){0,2}?polic(?:y|ies) (?:on|for|about|when|if|to)|what (?:is|are) (?:our|the) (?:\w+ ){0,2}?(?:rules?|"
    r"procedure|process|guideline|script)s? (?:on|for|about|when|if|to)"
    r"|what do we (?:say|do) (?:when|if|about)|(?:nuestr[oa]s?|el|la|los|las) (?:manual|guia|documentos?|politica|"
    r"procedimiento|reglas?)|segun (?:el|la|nuestr[oa])|do our (?:documents|rules|guidelines)|look (?:up|"
    r"it up)? ?in the (?:documents|handbook|manual)|in (?:our|the) (?:documents|handbook|manual|docs)"
)
ROUTE = any_of(
    r"why (?:(?:is|was|are|were|did|has|have|does|do) )?(?:.{0,60}?)(?:mine|assigned|routed|sent to|given to|go to|"
    r"goes to|went to|gone to|land with|with me|get (?:this|that|her|him|it|them)|got (?:this|that|her|him|it)|"
    r"receive|not (?:get|go|given|assigned|routed|to|sent)|queue|queued|be mine|belong|chosen|picked|my lead|not me|"
    r"offered)"
    r"|why (?:me|not me)|how (?:come|did) .{0,40}?(?:mine|to me|assigned|get to|end up with|routed)|explain (?:the |"
    r"its |her |his )?(?:rout(?:e|ing)|assignment)|(?:the )?(?:routing )?receipt|who decided|"
    r"how was .{0,40}?(?:routed|assigned)|why .{0,30}? (?:has|have|gets?|got) (?:this|that|the|her|him|it)\b"
    r"|por que .{0,50}?(?:mio|mia|asign\w+|me toco|me dieron|a mi|le toco|en cola|lo tiene|la tiene)"
)
SCORE = any_of(
    r"why (?:.{0,50}?)(?:scor\w+|hot|warm|cold|cool|rated|rating|rank\w*|points|tier|low|high|so good|so bad|"
    r"good lead|bad lead)|explain (?:the |her |his |its |\S+ (?:\S+ )?'s )?(?:score|rating|tier)|(?:what|"
    r"how) (?:.{0,40}?)(?:makes? up|drives?|made up|behind|calculated|computed|explains?)(?: .{0,30}?)?(?:score|"
    r"rating)?|how (?:was|is|did) .{0,40}?(?:scored|score)|score (?:explanation|breakdown|reasons?)|"
    r"break ?down .{0,30}?score|reasons? for .{0,30}?score|what is (?:behind )?.{0,40}?(?:'s |her |his |its )score|"
    r"(?:what|which) score|why (?:is|are) .{0,40}? (?:an? )?\d{1,3}$"
    r"|por que .{0,50}?(?:puntuacion|puntos|caliente|tibi[oa]|fri[oa])|explica(?:me)? (?:la )?puntuacion|(?:que|"
    r"cual es la) puntuacion"
)
SIMILAR = any_of(
    r"similar|(?:leads?|others?|ones?|people|folks|anyone|anybody|someone|somebody|more|prospects?)(?: else)?(?: who (?:is|are))? like (?:this|that|her|him|it|the|them|"
    r"these|\w+)|comparable|look ?alikes?|resembl\w+|seen (?:a )?leads? like|parecid[oa]s?|similares|leads? como"
)
NEXT = any_of(
    r"what (?:should|do|can|shall|must) (?:i|we) do|next (?:best )?(?:steps?|actions?|move)|what is next|what now|"
    r"who (?:should|do|must|shall) (?:i|we) (?:call|contact|reach|follow up|talk|phone|work|ring|prioriti\w+)|"
    r"where (?:should|do) i (?:start|begin)|what (?:should|do) i (?:work|focus|start)|priorit\w+|my (?:to ?do|day|"
    r"agenda|plan|tasks?)|plan my|which (?:lead|one|of them|of those|of these) (?:should|do|must) (?:i|we)|"
    r"what is (?:most )?(?:urgent|pressing|due)|needs? (?:my )?attention|what needs"
    r"|que (?:debo|deberia|tengo que|hago|puedo|me toca) ?(?:hacer)?|siguiente paso|proximo paso|a quien (?:debo|"
    r"deberia|tengo que)? ?(?:llamo|llamar|contactar)|por donde empiezo|prioridad\w*"
)
DRAFT = re.compile(
    r"\b(?:draft|compose|create|write(?: up)?|prepare|word|redacta|escribe|prepara|borrador|help me (?:write|word)|redactame|"
    r"escribeme)\b(?=.{0,80}\b(?:e ?mails?|sms|texts?|messages?|mails?|notes?|letters?|correos?|mensajes?|reply|"
    r"response|follow ?ups?|intro\w*)\b)|^(?:an? |the )?(?:draft|borrador)\b|\b(?:sms|e ?mail|text|message) drafts?\b"
)
OFFERS = any_of(
    r"offers?(?! (?:them|her|him|a ))|waiting for (?:my|an|our) (?:answer|response|reply|decision)|what (?:has been|"
    r"was|is|am i) (?:being )?offered|to accept or decline|ofertas?|(?:need|have) to (?:answer|accept)"
)
NUMBERS = any_of(
    r"(?:my|his|her|the) (?:numbers?|stats?|statistics|performance|results?|scorecard|report card|figures|kpis?|"
    r"track record|metrics)|how (?:am i|are we|is .{1,30}?|did .{1,30}?) (?:doing|performing|perform|do)\b|"
    r"numbers? (?:for|of)|performance (?:for|of)|stats (?:for|of)|'s (?:numbers?|stats?|performance|results|scorecard|"
    r"metrics)|[·] (?:numbers|stats|performance)"
    r"|mis (?:numeros|resultados|estadisticas)|como (?:voy|me va|va)|(?:los )?numeros de|rendimiento"
)
PRODUCERS = any_of(
    r"(?:which|what|who|any|anyone|anybody|somebody|list|show|find|show me|are there|do we have|how many|the|"
    r"all) (?:\w+ ){0,3}?(?:producers?|agents?|brokers?|reps?)(?! 's)|who (?:else )?(?:has|have|is (?:available|free|licensed|open|able|allowed|taking)|can|could|speaks?|"
    r"writes?|sells?|works?|is available|covers?|handles?|else)|(?:producers?|agents?|brokers?) (?:who|with|that|in|"
    r"for|licensed|available|speaking)|(?:room|capacity|availability)|anyone (?:who|free|available|with)|"
    r"spanish speaking (?:producers?|agents?)"
    r"|(?:que|cuales|quien|quienes) (?:\w+ )?(?:productor(?:es)?|agentes?|habla|hablan|tiene (?:espacio|lugar|"
    r"capacidad)|puede)|productores"
)
TAKES = any_of(
    r"who (?:\w+ )?(?:can|could|will|would|might|may|else can) (?:take|handle|work|accept|cover|write|sell)|room|capacity|bandwidth"
)
METRICS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("conversion_rate", any_of(r"conver(?:sion|ts?|t best)(?: rates?)?|clos(?:e|ing) (?:rates?|ratios?|percentage)|win rates?|hit (?:rate|ratio)|"
r"closes? (?:the )?(?:best|most)|bind (?:rate|ratio)|tasa de (?:conversion|cierre)|conversion")),
    ("median_response", any_of(r"response times?|speed to (?:lead|contact)|(?:how (?:fast|quickly|quick|long|soon)) .{0,50}?(?:respond|call|"
r"contact|reach|answer|react|reply|get back|first)|time to (?:first )?(?:contact|response|call)|(?:minutes|hours|time|days) (?:until|till|before|it takes?|to) .{0,30}?(?:contact|call|reach)|respond(?:s|"
r"ing)? (?:the )?(?:fastest|slowest)|fastest|slowest|tiempo de respuesta|cuanto (?:tarda\w*|tardamos)")),
    ("value", any_of(r"(?:written|total|sold|annual|yearly|won|new|how much|our|my)(?: \w+)? premiums?|premiums? (?:written|sold|won|"
r"volume|total|by|per|from|did|have|this|last|in)|revenue|how much (?:business|money|premium|volume)|how much (?:did|have|has) (?:i|we|\w+|·) (?:sell|sold|write|written|close)|"
r"(?:dollar )?value of (?:won|sold|closed|business)|production|prima(?:s)? (?:vendid\w+|total\w*|escrit\w+)|"
r"ingresos|cuanta prima")),
    ("won", any_of(r"how many .{0,40}?(?:did|have|has|were|was|do) .{0,40}?(?:win|won|clos\w+|s[eo]ll?d?|bind|bound)|(?:number of |"
r"my |our |many )?(?:wins|sales|closed deals|deals(?! (?:with|for|between)))|who (?:won|sold|closed) (?:the )?(?:most|more)|"
r"sells? (?:the )?most|sold (?:the )?most|cuant[oa]s .{0,30}?(?:gane|vendi|ganamos|vendimos|cerre|cerramos)|"
r"ventas|(?:won|sold|closed) (?:per|by|each|this|last|in)")),
    ("accepted", any_of(r"how many .{0,40}?(?:did|have|has|were|was) .{0,40}?accept(?:ed)?|accept(?:ance|ed) (?:per|by|count|this|last)|"
r"cuant[oa]s .{0,30}?(?:acepte|aceptamos)")),
    ("assigned", any_of(r"how many .{0,40}?(?:were|was|did|have been|has been|got) .{0,40}?(?:assigned|given|routed|get|receive|receiving|"
r"sent)|(?:assignments|leads (?:assigned|given|routed)) (?:per|by|to|this|last|each)|"
r"cuant[oa]s .{0,30}?me (?:asignaron|dieron|tocaron)")),
    ("leads", any_of(r"lead (?:volume|flow|intake)|volume of leads|trend|volumen")),
)  # fmt: skip
LOOKUP_FIRST: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("referrals", any_of(r"referral (?:agreements?|partners?|fees?|splits?|deals?|arrangements?|contracts?)")),
    ("commissions", any_of(r"commission (?:checks?|statements?|payments?|payouts?|owed|due)|my commissions?")),
)  # fmt: skip
LOOKUP: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("commissions", any_of(r"commissions?|comision(?:es)?|payouts?|paid (?:me|out)|(?:be|get|getting) paid|(?:do|will|did) i (?:get paid|earn|earned)|earnings")),
    ("referrals", any_of(r"referral (?:agreements?|partners?|fees?|splits?|network|deals?)|my referrals?|who refer\w+|referrals?|"
r"referidos?|referencias")),
    ("network", any_of(r"(?:broker |producer |my |our )?network|connections?|(?:who (?:is|am i|are) )?connected (?:to|with)|"
r"works with whom|mentors?|red de|conexiones|(?:trusted )?partners")),
    ("policies", any_of(r"polic(?:y|ies)|renewals?|in force|expir\w+|polizas?|renovacion(?:es)?")),
)  # fmt: skip
COUNT = any_of(
    r"how many|count(?: of| up)?|number of|total (?:number|leads|of)|cuant[oa]s|how much (?:leads)|tally|numero de|cuenta"
)
FIND = any_of(
    r"show(?: me)?|list|find|which|what|who|anyone|anybody|give me|get(?: me)?|search(?: for)?|look(?:ing)? (?:for|up)|pull(?: up)?|"
    r"see|display|any|are there|do i have|do we have|everything|anything|did (?:i|we) get|leads?|prospects?|clients?|customers?|pipeline|i need|where are"
    r"|muestra(?:me)?|ensename|lista(?:me)?|busca(?:me)?|dame|ver|cuales|que|quiero ver|prospectos?|clientes|hay|tengo"
)
LEADS_WORD = any_of(
    r"leads?|prospects?|clients?|customers?|people|ones|everything|anything new|did (?:i|we) get|prospectos?|clientes|pipeline|inquiries|contacts|"
    r"opportunities|duplicates|book"
)
NAMED = any_of(
    r"(?:named|(?<=leads )called|(?<=lead )called|(?<=someone )called|(?<=somebody )called|(?<=person )called|"
    r"(?<=prospect )called|by the name(?: of)?|whose name is|name is|last name|surname|(?<=leads )llamad[oa]s|se llama|apellido|"
    r"de nombre)"
)
SHOW_ONE = any_of(
    r"(?:tell me )?more (?:about|on)|tell me about|(?:more )?(?:details?|info(?:rmation)?|background|everything|profile|file|record|"
    r"history|summary|status|phone(?: number)?|e ?mail(?: address)?|number|contact(?: info| details)?|notes?|"
    r"last contact|timeline)(?: (?:of|on|for|about))?|what (?:do|did) (?:we|you|i) (?:know|have) (?:about|on)|"
    r"who is(?! (?:available|free|licensed|connected))|open(?: up)?|pull up|show(?: me)?|look up|what (?:is|was|"
    r"happened|about) (?:the )?(?:going on |up |status |happening )?(?:with|to|of)|what happened|where (?:do we|"
    r"are we|does it|do i) stand|summari[sz]e|describe|when (?:did|was|is)|what does (?:she|he|it|they) (?:want|need)|"
    r"has (?:she|he|[a-z ]+?) been|cuentame|hablame de|detalles|informacion|que sabemos|abre|telefono|quien es|has|have|been|what (?:did|"
    r"does) .{1,30}? (?:want|need|say|write|ask)|display|details"
)
