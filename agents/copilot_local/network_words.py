"""What is said of the broker network, by language. What Spanish does not say is said in English."""

from __future__ import annotations

from collections.abc import Mapping

NETWORK_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "connections": "Connections of [{who}]:", "no_connections": "No connection fits.",
        "known": "Connected at {at}, by what was known at {known}:", "nobody_known": "By what was known at {known}, nobody was connected at {at}.",
        "reach": "Within {degrees} steps of [{who}] there are {reach} people: {parts}.",
        "standing": "Network score of [{who}]: {score}, tier {tier} (referral rewards times {multiplier}).",
        "made_of": "It consists of {points} for {connected} people connected, and of these counterparts (each at most 25):",
        "missing": "{missing} points are missing to {next}.", "top_tier": "There is no tier above.",
        "raise": "What would add to the score, each by itself:", "nothing_raises": "No single step would add anything: everything is at its cap.",
        "way_sent": "one referral more to {name} that is accepted and converts", "way_received": "one from {name} that you accept and that converts",
        "way_new": "a first converted referral with somebody new", "way_connect": "one person more to be connected with",
        "value": "Since {since} the network of [{who}] brought {direct} from own referrals and could bring {indirect} more.",
        "no_value": "No converted referral since {since}, so nothing to value for [{who}].",
        "place": "Place {place} of {of}: {name}, {shown} points, {tier} [{who}].", "no_place": "No place of yours among {of}. First:",
        "first": "First:", "advice": "Recommendations for [{who}], by expected converted referrals a quarter:",
        "no_advice": "Nothing to recommend to [{who}] yet.", "no_referrals": "No referral fits.", "referrals": "Referrals:",
        "counts": "Referrals of [{who}]: sent {sent}; received {received}.", "none_yet": "none",
        "partners": "Who might have lead [{lead}], best first:", "no_partners": "Nobody in the network may have lead [{lead}].",
        "refused_partners": "Refused: {refused}.", "referral_draft": "A note to {to} for lead [{lead}]. Nothing was sent.",
        "team": "Team {name} [{id}]:", "invited": "Invited:", "no_team": "You are in no team.",
        "waiting": "Invitations that wait for your answer:", "commission": "Commission [{id}], policy {policy}, {status}:",
        "agrees": "The ledger holds exactly that.", "differs": "The ledger holds something else: ask a manager to look.",
        "more_commissions": "There are {others} more commissions of this policy.", "growth": "Month by month for [{who}] (sent, accepted, converted):",
    },
    "es": {
        "connections": "Conexiones de [{who}]:", "no_connections": "Ninguna conexión encaja.",
        "standing": "Puntuación en la red de [{who}]: {score}, nivel {tier}.", "missing": "Faltan {missing} puntos para {next}.",
        "raise": "Lo que sumaría a la puntuación, cada cosa por sí sola:", "no_referrals": "Ningún referido encaja.", "referrals": "Referidos:",
        "partners": "Quién podría tener el lead [{lead}], del mejor al peor:", "no_partners": "Nadie en la red puede tener el lead [{lead}].",
        "no_team": "No está en ningún equipo.", "waiting": "Invitaciones que esperan su respuesta:",
        "referral_draft": "Una nota para {to} sobre el lead [{lead}]. No se envió nada.", "reach": "A {degrees} pasos de [{who}] hay {reach} personas: {parts}.",
    },
}  # fmt: skip


def say_of(language: str, key: str, **values: object) -> str:
    """The words of a key, filled in."""
    return (NETWORK_WORDS.get(language, {}).get(key) or NETWORK_WORDS["en"][key]).format(**values)
