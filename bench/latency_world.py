"""Invented lead messages for the latency bench: short and long, direct and oblique, English and Spanish.

None comes twice but the few that have nothing to vary, which come again as they do in an inbox.
"""

from __future__ import annotations

import random

_MESSAGES = (
    "quote pls {year} {car}",
    "car insurance",
    "Need full coverage on a {year} {car}, paying ${price}/mo now and it keeps going up",
    "just got my license back after {months} months and the court wants an SR22, driving a {year} {car}",
    "my son turns {teen} in {month} and starts driving, how bad is it going to be",
    "POLICY CANCELS {day}!!! call me please",
    "First house! Closing on {month} {date}, the bank wants proof before then. Built {old}, slate roof, no claims.",
    "our roof is {age} years old and {company} sent a non renewal letter, what can we do",
    "a pipe burst in the kitchen in {month} and {company} paid half of it, looking for somebody better",
    "homeowners quote, {street} Street, about {size} square feet",
    "the leasing office wont give me keys on {month} {date} until I show them something with {limit}k liability",
    "I rent on {street} and my bike and laptop were stolen, want to be covered next time, ${price} a month is fine",
    "Married, {kids} kids, mortgage until 20{thirty}. What would 20 year term for {limit}k cost at {adult}, non smoker?",
    "if something happens to me my wife has nothing, I'm {adult} and drive a truck for a living",
    "burial policy for my mother, she is {elder}",
    "lost my job at {company} in {month}, cobra is {price}0 a month, {kids} kids, what else is there",
    "turning 26 on {month} {date}, need my own plan, my doctor is on {street}",
    "I turn 65 in {month}, my phone has not stopped ringing. Want one honest person to explain Plan G vs Advantage.",
    "my dad is {elder} and takes {kids} pills a day, his drug plan dropped two of them",
    "Own-occupation cover for a dentist, {adult}. I had a group policy and lost it when I bought the practice on {street}",
    "who pays my rent if I fall off a roof again, I was out for {months} months last time",
    "mom is {elder} and can't be left alone any more, the place on {street} wants {age},000 a year",
    "have {limit}k from the house sale and want a check every month, I'm {elder}",
    "Roofing crew of {kids}, GC needs a certificate with us as additional insured by {day} or we lose the job",
    "opening a coffee place on {street} in {month}, landlord asks for a million",
    "{age} box trucks, own authority since {year}, loss runs available, need a quote by {day}",
    "we have {kids} rentals, a pool and {teen} year old driving, my lawyer says get {kids} million over everything",
    "our {breed} needs knee surgery, ${price}0, too late to insure her?",
    "how much for a {breed} and {kids} cats",
    "boat insurance, {size} Bayliner",
    "wedding on {month} {date} at {street} Hall, they want event liability",
    "please call me after {hour}",
    "Hi, saw your ad. {day} works for me",
    "Necesito seguro para mi {car} {year} y tambien para la casa, los dos juntos si sale mas barato. Gracias",
    "Buenas tardes, mi hija cumple {teen} y ya va a manejar. ¿Cuánto me sube la póliza?",
    "me piden prueba de seguro para el apartamento de la calle {street}, me mudo el {date}",
    "tengo {adult} años y {kids} hijos, quiero dejarles algo si falto, como {limit} mil",
    "mi mamá de {elder} necesita quien la cuide, el asilo cuesta {price}0 al mes",
    "aseguranza para troca de trabajo, hago yarda con {kids} ayudantes",
    "cumplo 65 en unos meses y me llegan cartas de {company}, no entiendo nada",
    (
        "Hello, we moved here from {street} in {month} and I am trying to get everything sorted. We have a {year} {car} that my "
        "husband drives to work every day, about {age} miles each way, and a second car that mostly sits. Our old agent at "
        "{company} never called back. Could you give us a price for both with ${limit} deductible, and tell me whether paying "
        "the year at once is cheaper? Evenings after {hour} are best."
    ),
    (
        "My mother-in-law, {elder}, lives with us since {month}. She has a little money from the sale of her house on {street} "
        "and she worries all the time that it will not last. She does not want the stock market. Somebody at {company} told her "
        "she could get a fixed amount every month for as long as she lives. Is that real, and what happens to "
        "the rest when she dies?"
    ),
    (
        "we run a small machine shop, {age} people, and the renewal from {company} came in 40 percent higher even though we had "
        "no injuries in {kids} years. audit next week. I want somebody to look at the class codes before {day}, call the office "
        "and ask for the owner"
    ),
    (
        "Hola, hace {months} meses compramos una casa cerca de la calle {street} y la compañía {company} nos acaba de avisar "
        "que no renueva por el techo. Ya lo cambiamos en {month} y tengo las fotos. ¿Pueden ayudarnos antes del {date}? "
        "El banco dice que si no, nos ponen uno carísimo."
    ),
)
_WORDS = {
    "car": "RAV4|Camry|F-150|Civic|Silverado|Altima|Outback|Wrangler|Sentra|Odyssey",
    "month": "January|February|March|April|May|June|July|August|September|October",
    "day": "Monday|Tuesday|Wednesday|Thursday|Friday|tomorrow",
    "company": "Acme Mutual|Old Harbor|Northern Star|Three Rivers|Plains Farm|Union Trust",
    "street": "Maple|Oak|Cedar Bend|Harrow|Birch|Juniper|Mill|Orchard|Second|Lakeshore",
    "breed": "labrador|beagle|bulldog|poodle|shepherd|dachshund|boxer",
}
_DRAWS = 20
_NUMBERS = {
    "year": (1998, 2026), "price": (80, 400), "months": (2, 18), "teen": (15, 18), "date": (1, 28), "old": (1901, 2019),
    "age": (3, 40), "size": (14, 4200), "limit": (50, 900), "kids": (2, 6), "thirty": (30, 55), "adult": (26, 62),
    "elder": (64, 88), "hour": (3, 8),
}  # fmt: skip


def messages(count: int, chance: random.Random) -> list[str]:
    """``count`` messages, each of the kinds about equally often, in no order."""
    kinds = [_MESSAGES[number % len(_MESSAGES)] for number in range(count)]
    chance.shuffle(kinds)
    written: dict[str, None] = {}
    repeats = []
    for kind in kinds:
        drawn = (_filled(kind, chance) for _ in range(_DRAWS))
        text = next((text for text in drawn if text not in written), None)
        if text is None:
            repeats.append(_filled(kind, chance))
        else:
            written[text] = None
    return [*written, *repeats]


def _filled(kind: str, chance: random.Random) -> str:
    words = {name: chance.choice(choices.split("|")) for name, choices in _WORDS.items()}
    numbers = {name: str(chance.randint(low, high)) for name, (low, high) in _NUMBERS.items()}
    return kind.format(**words, **numbers)
