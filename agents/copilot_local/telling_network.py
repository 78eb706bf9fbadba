"""The network's results in plain words. Every line that says something of a record names the record's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.copilot_local.network_words import say_of
from kernel.money import Money

Data = Mapping[str, Any]
_PARTS = 10


def _spoken(value: object) -> str:
    return str(value).replace("_", " ")


def _moment(at: Any) -> str:
    return str(at)[:16].replace("T", " ")


def _connections(data: Data, language: str) -> str:
    if not data["connections"]:
        return say_of(language, "no_connections")
    lines = [say_of(language, "connections", who=data["producer_id"])]
    for one in data["connections"]:
        asked = ", waits for your answer" if "accept" in one["may"] and one["asked_by_them"] else ""
        lines.append(
            f"- {one['name']}: {_spoken(one['kind'])}, {one['state']}, strength {one['strength']}{asked} [{one['producer_id']}]"
        )
    return "\n".join(lines)


def _known(data: Data, language: str) -> str:
    when = {"at": _moment(data["at"]), "known": _moment(data["known_at"])}
    if not data["connections"]:
        return say_of(language, "nobody_known", **when)
    pairs = [
        f"- {one['from']} and {one['to']}: {_spoken(one['kind'])} [{one['from_id']}] [{one['to_id']}]"
        for one in data["connections"]
    ]
    return "\n".join([say_of(language, "known", **when), *pairs])


def _reach(data: Data, language: str) -> str:
    parts = ", ".join(f"{count} at {step}" for step, count in data["by_degree"].items())
    return say_of(language, "reach", degrees=data["degrees"], who=data["producer_id"], reach=data["reach"], parts=parts)


def _standing(data: Data, language: str) -> str:
    lines = [say_of(
        language, "standing", who=data["producer_id"], score=data["score"], tier=data["tier"], multiplier=data["multiplier"]
    )]  # fmt: skip
    lines.append(say_of(language, "made_of", points=data["for_connections"], connected=data["connected"]))
    lines += [
        f"- {one['name']}: {one['gives']} ({one['accepted']} accepted, {one['converted']} converted) [{one['producer_id']}]"
        for one in data["counterparts"][:_PARTS]
    ]
    lines += [f"- {one['name']}: 0, {_spoken(one['why'])} [{one['producer_id']}]" for one in data["left_out"][:_PARTS]]
    return "\n".join([*lines, _next(data, language)])


def _next(data: Data, language: str) -> str:
    if data["missing"] is None:
        return say_of(language, "top_tier")
    return say_of(language, "missing", missing=data["missing"], next=data["next_tier"])


def _raised(data: Data, language: str) -> str:
    head = [_next(data, language), say_of(language, "raise" if data["ways"] else "nothing_raises")]
    ways = []
    for one in data["ways"]:
        record = f" [{one['producer_id']}]" if one["producer_id"] else ""
        reaches = f", which is {data['next_tier']}" if one["reaches_next"] else ""
        ways.append(f"- +{one['by']}: {say_of(language, 'way_' + one['way'], name=one['name'])}{reaches}{record}")
    return "\n".join([*head, *ways])


def _value(data: Data, language: str) -> str:
    since = str(data["since"])[:10]
    if not data["items"]:
        return say_of(language, "no_value", since=since, who=data["producer_id"])
    return "\n".join(
        say_of(
            language, "value", since=since, who=data["producer_id"], direct=Money(one["direct"], one["currency"]),
            indirect=Money(one["indirect"], one["currency"]),
        )
        for one in data["items"]
    )  # fmt: skip


def _growth(data: Data, language: str) -> str:
    lines = [say_of(language, "growth", who=data["producer_id"])]
    lines += [
        f"- {one['month']}: {one['sent']}, {one['accepted']}, {one['converted']}" for one in data["months"][-_PARTS:]
    ]
    ahead = data["forecast"].get("converted") or []
    lines += [f"- {one['month']}: {one['expected']} expected ({one['low']} to {one['high']})" for one in ahead]
    return "\n".join(lines)


def _place(data: Data, language: str) -> str:
    lines = (
        [_line(data["mine"], data["of"], language)] if data["mine"] else [say_of(language, "no_place", of=data["of"])]
    )
    if data["mine"]:
        lines.append(say_of(language, "first"))
    return "\n".join([*lines, *(f"- {_line(one, data['of'], language)}" for one in data["first"])])


def _line(one: Data, of: int, language: str) -> str:
    return say_of(
        language, "place", place=one["place"], of=of, name=one["name"], shown=one["shown"], tier=one["tier"],
        who=one["producer_id"],
    )  # fmt: skip


def _advice(data: Data, language: str) -> str:
    who = data["producer_id"]
    if not data["items"]:
        return say_of(language, "no_advice", who=who)
    lines = [
        f"- {one['name']}: {_spoken(one['reason'])}, {one['effect']} ({one['low']} to {one['high']}) [{one['producer_id']}]"
        for one in data["items"]
    ]
    return "\n".join([say_of(language, "advice", who=who), *lines])


def _referrals(data: Data, language: str) -> str:
    if not data["referrals"]:
        return say_of(language, "no_referrals")
    lines = [say_of(language, "referrals")]
    for number, one in enumerate(data["referrals"], 1):
        about = ", ".join(str(part) for part in (one["line"], one["lead_state"], one["tier"]) if part)
        until = f", until {_moment(one['expires_at'])}" if one["state"] == "pending" else ""
        note = f", note: “{one['note']}”" if one["note"] else ""
        lines.append(f"{number}. {about}, from {one['from']} to {one['to']}, {one['state']}{until}{note} [{one['id']}]")
    return "\n".join(lines)


def _counts(data: Data, language: str) -> str:
    ways = {
        way: ", ".join(f"{count} {state}" for state, count in data[way].items()) or say_of(language, "none_yet")
        for way in ("sent", "received")
    }
    return say_of(language, "counts", who=data["producer_id"], **ways)


def _partners(data: Data, language: str) -> str:
    lines = [say_of(language, "partners" if data["partners"] else "no_partners", lead=data["lead_id"])]
    for number, one in enumerate(data["partners"], 1):
        near = f"{one['degrees']} step{'s' if one['degrees'] != 1 else ''} away" if one["degrees"] else "not connected"
        parts = ", ".join(f"{name} {part}" for name, part in one["factors"].items())
        lines.append(f"{number}. {one['name']}, {one['score']}: {near}, {parts} [{one['producer_id']}]")
    if data["refused"]:
        told = ", ".join(f"{_spoken(code)} {count}" for code, count in sorted(data["refused"].items()))
        lines.append(say_of(language, "refused_partners", refused=told))
    return "\n".join(lines)


def _draft(data: Data, language: str) -> str:
    return f"{say_of(language, 'referral_draft', to=data['to'], lead=data['lead_id'])}\n\n{data['text']} [{data['producer_id']}]"


def _team(data: Data, language: str) -> str:
    known = data["team_id"] is not None
    lines = [say_of(language, "team", name=data["name"], id=data["team_id"]) if known else say_of(language, "no_team")]
    lines += [f"- {one['name']}, {one['role']} [{one['producer_id']}]" for one in data["members"]]
    if data["invited"]:
        lines.append(say_of(language, "invited"))
        lines += [f"- {one['name']}, until {_moment(one['until'])} [{one['producer_id']}]" for one in data["invited"]]
    if data["waiting"]:
        lines.append(say_of(language, "waiting"))
        lines += [f"- {one['name']}, until {_moment(one['until'])} [{one['team_id']}]" for one in data["waiting"]]
    return "\n".join(lines)


def _commission(data: Data, language: str) -> str:
    head = say_of(language, "commission", id=data["id"], policy=data["policy_number"], status=data["status"])
    lines = [head, *data["sentences"]]
    for one in data["lines"]:
        minor = (
            f"{Money(one['kept_minor'], data['currency'])} kept, {Money(one['posted_minor'], data['currency'])} posted"
        )
        record = f" [{one['payee_id']}]" if one["payee_id"] else ""
        lines.append(f"- {_spoken(one['line'])}: {one['basis']}: {minor} ({one['account']}){record}")
    lines.append(say_of(language, "agrees" if data["agrees"] else "differs"))
    if data["others"]:
        lines.append(say_of(language, "more_commissions", others=data["others"]))
    return "\n".join(lines)


TELL_NETWORK: Mapping[str, Callable[[Data, str], str]] = {
    "my_connections": _connections, "connections_known": _known, "network_reach": _reach, "network_standing": _standing,
    "raise_score": _raised, "network_value": _value, "network_growth": _growth, "leaderboard": _place,
    "network_advice": _advice, "list_referrals": _referrals, "referral_counts": _counts, "find_partners": _partners,
    "draft_referral": _draft, "show_team": _team, "explain_commission": _commission,
}  # fmt: skip
