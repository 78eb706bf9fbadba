"""The words by which people name, or give away, the line of insurance they mean.

Keys of the inner tables are strengths: 4 names the line even beside another line's name, 3 names it, 1 to 2 are things that
belong to it, under 1 a suggestion. Sources: the lines of domain/lines.py and the trade's ordinary names; own observation
of how leads are worded. No accents: text is matched without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.lines import Line

# insurance, insurence, ins, coverage, policy, plan, quote: what turns a thing into a line
_COVER = r"(?:insur\w*|insu?r?ance|ins|cover(?:age)?|covrage|polic(?:y|ies)|quotes?|rates?|premiums?)"
_SEGURO = r"(?:seguros?|aseguran[zs]as?|polizas?|cobertura)(?: (?:de|del|para|pa|a)(?: (?:mi|el|la|los|las|un|una))?)?"

Phrases = Mapping[Line, Mapping[float, Sequence[str]]]

LINE_PHRASES: Phrases = {
    Line.AUTO: {
        3: [
            rf"(?:auto|autos|car|cars|vehicle|truck|motorcycle|automobile|rv|motorhome|driver'?s?) {_COVER}",
            r"autoinsur\w*", r"sr-?22", r"full cover(?:age)?",
            rf"{_SEGURO} (?:autos?|carros?|coches?|troca|camioneta|moto|vehiculos?)",
            r"non-?owner (?:policy|insurance|car)", r"collision (?:and|or|coverage)",
            r"(?:un|under)insured motorists?",
        ],
        2: [
            r"auto", r"autos", r"automobiles?", r"vehicles?", r"motorcycles?", r"harley", r"motor ?homes?", r"rv",
            r"carros?", r"troca", r"camionetas?", r"vehiculos?", r"teen drivers?", r"rental cars?", r"at-fault",
            r"dui", r"dwi", r"collision", r"fender bender", r"windshield", r"parabrisas", r"f-?150", r"rear[- ]ended",
            r"totaled",
        ],
        1.5: [
            r"cars?", r"coches?", r"suv", r"pickup", r"minivan", r"sedan", r"toyota", r"honda", r"nissan", r"chevy",
            r"jeep", r"tesla", r"camry", r"civic", r"corolla", r"moto", r"dealer(?:ship)?", r"uber", r"lyft",
        ],
        0.7: [
            r"trucks?", r"drivers?", r"driving", r"drive", r"manej\w+", r"licen[cs]ia?", r"speeding", r"tickets?",
            r"choqu\w+", r"choc[oa]\w*",
        ],
    },
    Line.HOME: {
        3: [
            rf"(?:home|house|homes|houses|homeowners?'?s?|hazard|dwelling|condo|flood|earthquake|landlord) {_COVER}",
            r"home ?owners?'?s? (?:insur\w*|polic\w*)", r"homeowners?", r"ho-?[368]", r"mobile homes?",
            r"manufactured homes?", rf"{_SEGURO} (?:casa|vivienda|hogar|condominio|inundacion(?:es)?)",
            r"rental propert(?:y|ies)", r"casa movil", r"inundacion(?:es)?",
        ],
        2: [
            r"mortgage company", r"closing on", r"roof", r"shingles", r"dwelling", r"flood(?:ed|ing|s)?",
            r"earthquakes?", r"hurricanes?", r"tornado", r"hail", r"wildfire", r"basement", r"escrow", r"sump pump",
            r"sewer", r"duplex", r"townhomes?", r"hipoteca", r"techo", r"sotano", r"swimming pool", r"trampoline",
            r"burst pipe", r"mold",
        ],
        1.2: [
            r"houses?", r"casas?", r"condos?", r"condominio", r"mortgage", r"my home", r"our home", r"a home",
            r"home", r"garage", r"fence",
        ],
        0.5: [
            r"property", r"driveway", r"termites", r"vivienda", r"hogar", r"tree",
        ],
    },
    Line.RENTERS: {
        3.5: [
            r"renters?'?s?", rf"(?:tenants?'?s?|apartment|apt|rental|renting) {_COVER}", r"ho-?4",
            rf"{_SEGURO} (?:inquilinos?|renta|apartamento|departamento|arrendatarios?|alquiler)",
            r"contents (?:insurance|cover)",
        ],
        2: [
            r"my (?:lease|landlord|landlady)", r"apartments?", r"apartamentos?", r"departamento", r"inquilinos?",
            r"arrendatari[oa]s?", r"roommates?", r"roomates?", r"casero", r"leasing office", r"dorm",
        ],
        1.2: [
            r"landlord", r"lease", r"tenants?", r"i rent", r"rento", r"alquilo", r"belongings", r"pertenencias",
            r"my stuff", r"muebles",
        ],
        0.6: [
            r"rent", r"renting", r"studio", r"loft", r"furniture", r"complex",
        ],
    },
    Line.LIFE: {
        3: [
            rf"(?:life|lif|lief|lfe|term|whole life|burial|funeral|final expense|term life) {_COVER}",
            r"(?:term|whole|universal|variable|indexed) life", r"life insur\w*", r"final expenses?",
            rf"{_SEGURO} (?:vida|entierro|funeral|gastos f\w+)", r"sgli", r"death benefits?", r"gastos funerarios",
            r"seguros? de vida", r"\biul\b", r"key (?:man|person)", r"accidental death", r"ad&d",
        ],
        2: [
            r"beneficiar(?:y|ies)", r"beneficiari[oa]s?", r"cash value", r"funerals?", r"burial", r"entierro",
            r"cremation", r"when i die", r"if i die", r"i die", r"fallec\w+", r"the insured", r"non-?smoker",
            r"no exam", r"medical exam",
        ],
        1.2: [
            r"life", r"term", r"vida", r"passed away", r"died", r"dies", r"muero", r"outlive", r"viatical",
            r"suicide",
        ],
    },
    Line.HEALTH: {
        3: [
            rf"(?:health|helth|medical|healthcare|health care|dental|vision) (?:{_COVER}|plans?)", r"obama ?care",
            r"cobra", r"affordable care act", r"marketplace",
            rf"{_SEGURO} (?:salud|medicos?|medica|gastos medicos|dental)",
            r"(?:seguro|plan|cobertura|aseguran[zs]a) (?:de salud|medic[oa])", r"health ins", r"\baca\b",
            r"silver plan", r"bronze plan", r"short[- ]term (?:medical|health)",
        ],
        2: [
            r"dental", r"hmo", r"ppo", r"epo", r"hsa", r"copays?", r"coinsurance", r"medicaid", r"pre-?existing",
            r"open enrollment", r"out[- ]of[- ]pocket", r"dentist", r"pregnan\w+", r"embarazada", r"in[- ]network",
            r"out[- ]of[- ]network", r"health ?care", r"braces", r"lasik", r"maternity",
        ],
        1.2: [
            r"health", r"medical", r"doctors?", r"salud", r"medico", r"hospital", r"surgery", r"prescriptions?",
            r"emergency room", r"subsid\w+",
        ],
        0.6: [
            r"sick", r"medications?", r"medicinas?", r"asthma", r"therapy", r"uninsured",
        ],
    },
    Line.MEDICARE: {
        4: [
            r"medicare", r"medicar", r"medi-?gap", r"medicare (?:supplements?|advantage)", r"part [abcd]",
            r"parte [abcd]", r"medicare (?:part [abcd]|plan [a-n])", r"supplement plan",
        ],
        2.5: [
            r"turning 65", r"turn 65", r"cumplo 65", r"65 next", r"donut hole", r"advantage plans?", r"plan [gnf]",
            r"silver ?sneakers", r"dual eligible", r"turning65",
        ],
        1: [
            r"65", r"social security", r"seguro social", r"seniors?", r"ssdi", r"dialysis", r"jubilad[oa]",
        ],
    },
    Line.DISABILITY: {
        3.5: [
            r"disab\w+ (?:insur\w*|polic\w*|income|cover\w*|quotes?)", r"(?:short|long)[- ]term disab\w+",
            r"income protection", rf"{_SEGURO} (?:discapacidad|incapacidad|invalidez)",
            r"(?:own|any)[- ]occ(?:upation)?", r"\bltd\b", r"\bstd (?:policy|coverage|quote)",
            r"incapacidad a (?:corto|largo) plazo", r"paycheck protection",
        ],
        3: [
            r"disability", r"disabilities", r"disabilty", r"discapacidad", r"incapacidad",
        ],
        2: [
            r"disabled", r"discapacitad[oa]",
            r"(?:can'?t|cannot|unable to|couldn'?t|not able to) (?:go to |return to |keep )?work(?:ing)?",
            r"no puedo trabajar", r"replace(?:s|ment)? (?:of )?(?:my |your )?(?:income|paycheck|wages?|ingresos)",
            r"out of work", r"off work", r"elimination period",
        ],
        0.7: [
            r"injured", r"paycheck", r"wages?", r"sueldo", r"lastim\w+", r"fibromyalgia",
        ],
    },
    Line.LONG_TERM_CARE: {
        4: [
            r"long[- ]?term[- ]care", r"longterm care", r"\bltci?\b", rf"{_SEGURO} cuidados? (?:a|de) largo plazo",
            r"cuidados? (?:a|de) largo plazo", r"cuidado prolongado",
        ],
        3: [
            r"nursing homes?", r"assisted living", r"home health aides?", r"memory care", r"in-?home care",
            r"home care", r"care at home", r"asilo(?: de ancianos)?", r"hogar de ancianos", r"custodial care",
            r"nursing facilit(?:y|ies)", r"nursing care", r"adult day care", r"residencia asistida",
            r"activities of daily living",
        ],
        1.5: [
            r"dementia", r"alzheimer'?s?", r"demencia", r"caregivers?", r"cuidadora?", r"home health", r"bathe",
            r"elder care", r"facility",
        ],
    },
    Line.ANNUITY: {
        4: [
            r"annuit(?:y|ies|ys)", r"anuit(?:y|ies)", r"anualidad(?:es)?", r"renta vitalicia", r"annuitant",
            r"annuiti[sz]e",
        ],
        2.5: [
            r"guaranteed (?:lifetime )?income", r"income for life", r"income rider", r"\bmyga\b", r"\bqlac\b",
            r"\bspia\b", r"structured settlement", r"ingreso garantizado", r"1035 exchange", r"surrender charges?",
            r"surrender period",
        ],
        1: [
            r"lump sum", r"guaranteed interest", r"tax[- ]deferred", r"lifetime withdrawal", r"de por vida",
        ],
    },
    Line.COMMERCIAL: {
        4: [
            r"workers?'? ?comp(?:ensation)?", r"work comp", r"general liab(?:ility)?",
            r"commercial (?:\w+ )?(?:insur\w*|auto|polic\w*|property|building)", r"commercial",
            r"(?:business|buisness|bussiness) (?:owners? )?(?:insur\w*|polic\w*|cover\w*|auto|quote)",
            r"professional liability", r"\bbop\b", r"e ?& ?o", r"errors and omissions", r"cyber", r"malpractice",
            r"liquor liability", r"builders?'? risk", r"d ?& ?o", r"group health", r"product liability",
            r"seguro comercial", r"surety", r"(?:bid|license|janitorial|performance) bonds?",
            rf"{_SEGURO} (?:negocio|empresa|compania|comercio|taller|trabajadores|restaurante|flotilla)",
            r"compensacion (?:para|de) trabajadores", r"responsabilidad (?:general|profesional)",
            r"additional insured", r"certificate of insurance for (?:a )?job", r"garage ?keepers", r"inland marine",
            r"employment practices", r"farm insurance",
        ],
        2: [
            r"my (?:business|company|shop|store|restaurant|firm|employees?|bakery|salon)",
            r"(?:our|mi|nuestr[oa]) (?:business|company|negocio|empresa|compania|restaurante|office|employees?)",
            r"employees", r"empleados?", r"\bllc\b", r"contractors?", r"subcontractors?", r"negocio", r"payroll",
            r"box trucks?", r"fleet", r"flotilla", r"food truck", r"\bdot number", r"owner operator", r"troquero",
            r"small business", r"general contractor", r"contratista", r"job ?site", r"fianza", r"warehouse",
        ],
        1: [
            r"business(?:es)?", r"company vehicle", r"restaurant", r"empresa", r"salon", r"coi", r"handyman",
            r"landscap\w+", r"roofing", r"bar owner",
        ],
    },
    Line.UMBRELLA: {
        4: [
            r"umbrella", r"umbrela", r"paraguas", r"sombrilla", r"excess liability", r"excess personal liability",
            r"personal catastrophe policy", r"exceso de responsabilidad", r"\bpup quote", r"poliza de exceso",
        ],
        3: [
            r"(?:extra|additional|more|higher) (?:\w+ ){0,3}liability(?: \w+){0,3} (?:over|above|on top)",
            r"(?:over|above|beyond|exceeds?|more than) my (?:auto|home|policy|liability)? ?limits?",
            r"extra liability", r"million (?:extra|of extra|in extra) liability", r"responsabilidad adicional",
            r"excess policy",
        ],
        1.2: [
            r"lawsuits?", r"sued", r"sues", r"demand(?:a|an|as)", r"net worth", r"judgments?", r"my assets",
            r"our assets",
        ],
    },
    Line.PET: {
        4: [
            rf"(?:pets?'?s?|dogs?|cats?|puppy|kitten|horse) (?:health )?{_COVER}",
            rf"{_SEGURO} (?:perr\w+|gat\w+|mascotas?|caballo)", r"doggy insurance",
        ],
        3: [
            r"veterinar(?:y|ian|ians|io|ia)", r"vet", r"vets", r"mascotas?", r"pet", r"pets",
        ],
        2: [
            r"pupp(?:y|ies)", r"kittens?", r"cachorr[oa]s?", r"perrit[oa]s?", r"gatit[oa]s?", r"labrador",
            r"retriever", r"bulldog", r"rottweiler", r"dachshund", r"poodle", r"goldendoodle", r"beagle",
            r"german shepherds?", r"spay(?:ed)?", r"neuter(?:ed|ing)?", r"perros?", r"gatos?",
        ],
        1.2: [
            r"cats?", r"kitty", r"horses?", r"caballo", r"dogs", r"my dog",
        ],
        0.6: [
            r"dog", r"pug", r"rabbit", r"parrot", r"breeds?",
        ],
    },
    Line.OTHER: {
        4: [
            r"critical illness", r"critical illnes", r"travel insur\w*", r"trip insurance", r"wedding insur\w*",
            r"boat insur\w*", r"cancer (?:policy|insurance|plan)", r"identity theft", r"title insurance",
            r"crop insurance", r"hospital indemnity", r"enfermedades graves",
            rf"{_SEGURO} (?:viajes?|boda|lancha|bicicleta|celular|anillo)", r"poliza de cancer",
            r"accident insurance", r"legal insurance", r"drone (?:insurance|liability|coverage)", r"dread disease",
            r"specified disease", r"visitors? insurance", r"cruise insurance", r"pension plans?",
            r"retirement plans?", r"plan de retiro", r"retirement accounts?",
        ],
        3: [
            r"401 ?\(?k\)?s?", r"\b403 ?\(?b\)?", r"roth", r"\biras?\b", r"\bsep\b", r"boat", r"sailboat",
            r"jet skis?", r"yacht", r"pensions?", r"lancha", r"profit sharing", r"snowmobiles?", r"golf cart",
            r"avioneta", r"engagement ring", r"anillo de compromiso", r"medical evacuation",
        ],
        1.5: [
            r"retire", r"retirement", r"retiring", r"jubilacion", r"rollover", r"wedding", r"cruise", r"luggage",
            r"flight", r"backpackers?", r"drones?", r"jewelry", r"fine art", r"e-?bike", r"heart attack",
        ],
    },
}  # fmt: skip
