"""What the person wants of us, by phrase: buy, compare, learn, or help with a policy they hold."""

from __future__ import annotations

from domain.leads.classification.text import Hint, PhraseTable, readable
from domain.lines import Intent

_TABLE: PhraseTable[Intent] = PhraseTable({
    Intent.SERVICE: {
        3: [
            r"(?:file|filing|report|open|submit) (?:a|an|my) (?:claim|accident)", r"my claim",
            r"claim (?:number|status)", r"open claim",
            r"(?:cancel|change|update|reinstate|pay) my (?:\w+ )?(?:policy|coverage|bill|payment|premium)",
            r"my (?:current |existing )?policy number", r"id cards?", r"(?:dec|declarations?) page",
            r"my (?:bill|autopay|account)", r"charged (?:me )?twice", r"log ?in",
            r"(?:add|remove) .{1,30} (?:to|from) (?:my|our) (?:existing |current )?(?:policy|plan)",
            r"policy ?holder since", r"adjuster", r"(?:reportar|hacer) un (?:accidente|reclamo)", r"mi reclamo",
            r"(?:cancelar|cambiar|pagar) mi poliza", r"mi poliza actual", r"me cobraron doble", r"copia de mi poliza",
            r"tarjeta del seguro",
        ],
    },
    Intent.COMPARE: {
        3: [
            r"compar(?:e|ing|ison)", r"shopping around",
            r"(?:better|cheaper|lower) (?:rate|price|deal|quote)s?(?: than)?", r"switch(?:ing)?",
            r"beat (?:my|what|this)", r"second opinion", r"(?:currently|now|am|im|i'm) (?:with|paying)",
            r"(?:who|which) (?:is|has|company|one)(?: \w+){0,4} (?:cheapest|cheaper|better|best)", r"comparar",
            r"mas barat[oa] que", r"otras (?:companias|opciones|aseguradoras)", r"cambiarme de compania", r"vs\.?",
            r"versus", r"renewal (?:went up|is too high|increased)", r"which is better",
        ],
    },
    Intent.LEARN: {
        2: [
            r"^\W*(?:what|how|why|who|when|where|which|does|do|is|are|can|could|will|would|should|at what age|if)\b[^.!]{4,}\?",
            r"^\W*(?:what (?:is|are|does|happens|do)|how (?:does|do|long|many|is|are)|does|is it|are|can (?:i|you|my|they)|do (?:i|you|they|most)|why|when (?:can|do|does|is))",
            r"just (?:curious|researching|a question)", r"explain", r"what'?s the difference",
            r"solo quiero informacion", r"^\W*que (?:es|significa|cubre|pasa)",
            r"^\W*(?:como funciona|es obligatorio|quien puede|cuanto tiempo)", r"wondering (?:if|how|what)",
        ],
    },
    Intent.BUY: {
        3: [
            r"quotes?", r"(?:sign|signing) (?:me )?up",
            r"(?:want|need|like|looking|have|trying) to (?:buy|get|purchase|insure|enroll|apply|start|be covered)",
            r"(?:need|want|wanna|looking for|searching for|get|require) (?:\w+ ){0,4}(?:insurance|coverage|policy|plan|cover|ins)",
            r"cotiz\w+",
            r"(?:quiero|necesito|busco|ocupo|quisiera) (?:\w+ ){0,4}(?:segur[oa]s?|asegurar|aseguran[zs]a|poliza|cobertura|contratar|plan)",
            r"binder", r"send me (?:an application|rates|prices)", r"get covered", r"me interesa contratar",
            r"price for", r"inscribirme",
        ],
        1.5: [
            r"how much (?:is|would|does|for|will)", r"cuanto (?:cuesta|sale|me cobran)", r"looking for",
            r"proof of (?:insurance|coverage)", r"interested in", r"busco", r"closing (?:on|in|is)",
            r"just (?:bought|moved|got)", r"rates?",
        ],
    },
})  # fmt: skip


def intent_hints(text: str) -> list[Hint[Intent]]:
    """The phrases of ``text`` that show an intent, in order. Asking for a price is buying; asking what is covered is learning."""
    return _TABLE.find(readable(text))
