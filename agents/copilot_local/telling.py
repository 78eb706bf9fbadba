"""Results of tools in plain words. Every line that says something of a record names the record's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.copilot_local.telling_network import TELL_NETWORK
from agents.copilot_local.telling_policies import TELL_POLICIES, kept
from agents.copilot_local.words import say
from kernel.money import Money

Data = Mapping[str, Any]
_HISTORY = 5
_REASONS = 6
_FIGURES = ("assigned", "accepted", "declined", "converted", "worked", "response", "satisfaction", "revenue")


def told(tool: str, data: Data, language: str) -> str:
    """The answer that a reading tool's result is."""
    return _TELL[tool](data, language)


def _joined(*parts: Any) -> str:
    return ", ".join(str(part) for part in parts if part not in (None, "", []))


def _day(at: Any) -> str:
    return str(at)[:10] if at else ""


def _lead(one: Data) -> str:
    place = " ".join(str(part) for part in (one.get("city"), one.get("state")) if part)
    contact = f"contacted {_day(one['contacted_at'])}" if one.get("contacted_at") else ""
    score = f"{one['score']} {one.get('tier') or ''}".strip() if one.get("score") is not None else ""
    miles = f"{one['miles']:.0f} mi" if one.get("miles") is not None else ""
    return _joined(
        one.get("name") or "(name not shown)", one.get("line"), one.get("status"), score, place, miles, one.get("value"),
        f"received {_day(one.get('received_at'))}", contact, "do not call" if one.get("do_not_call") else "",
        one.get("producer"),
    )  # fmt: skip


def _found(data: Data, language: str) -> str:
    leads = data["leads"]
    if not leads:
        return say(language, "none")
    key = "found_near" if data.get("place") else "found"
    head = say(language, key, shown=len(leads), total=data["total"], place=data.get("place") or "")
    return "\n".join([head, *(f"{number}. {_lead(one)} [{one['id']}]" for number, one in enumerate(leads, 1))])


def _counted(data: Data, language: str) -> str:
    lines = [say(language, "counted", total=data["total"])]
    by_producer = data.get("by") == "producer"
    for one in data["parts"]:
        record = f" [{one['value']}]" if by_producer and one["value"] else ""
        lines.append(f"- {one['label']}: {one['count']}{record}")
    return "\n".join(lines)


def _shown(data: Data, language: str) -> str:
    del language
    lines = [f"{_lead(data)} [{data['id']}]"]
    shown = ("phone", "email", "zip", "urgency", "intent", "reason", "source", "text")
    lines += [f"- {name}: {data[name]}" for name in shown if data.get(name)]
    lines += [f"- {one['what'].replace('_', ' ')} {str(one['at'])[:16]}" for one in data["history"][-_HISTORY:]]
    lines += [f"- follow-up {str(one['at'])[:16]} [{one['id']}]" for one in data["follow_ups"]]
    return "\n".join(lines)


def _scored(data: Data, language: str) -> str:
    if data["score"] is None:
        return say(language, "no_score", id=data["lead_id"])
    lines = [say(language, "score", id=data["lead_id"], score=data["score"], tier=data["tier"])]
    if data["told"]:
        return "\n".join([*lines, *data["told"]])
    reasons = data["reasons"][:_REASONS]
    lines += ["- " + _joined(*(one.values() if isinstance(one, Mapping) else (one,))) for one in reasons]
    return "\n".join(lines)


def _routed(data: Data, language: str) -> str:
    lead = data["lead_id"]
    if "outcome" not in data:
        return f"{say(language, 'route', id=lead, status=data['status'])} {say(language, 'route_unknown', id=lead)}"
    why = data.get("why") or data.get("reason") or data["outcome"]
    if data.get("producer"):
        lines = [say(language, "route_to", id=lead, status=data["status"], producer=data["producer"], why=why)]
    else:
        lines = [f"{say(language, 'route', id=lead, status=data['status'])} {why}"]
    lines.append(say(language, "considered", considered=data["considered"], eligible=data["eligible"]))
    lines += [f"- {one['reason']}: {one['points']} of {one['of']}" for one in data["factors"][:_REASONS]]
    lines += [f"- {gate.replace('_', ' ')}: {count}" for gate, count in data["refused_by_gate"].items()]
    if data.get("receipt_id"):
        lines.append(say(language, "receipt", id=data["receipt_id"]))
    return "\n".join(lines)


def _similar(data: Data, language: str) -> str:
    if not data["leads"]:
        return f"{say(language, 'no_similar')} [{data['lead_id']}]"
    lines = [say(language, "similar", id=data["lead_id"])]
    for one in data["leads"]:
        more = _joined(*(one.get(name) for name in ("line", "status", "outcome")))
        lines.append(f"- {more} [{one['lead_id']}]")
    return "\n".join(lines)


def _next(data: Data, language: str) -> str:
    if not data["steps"]:
        return say(language, "no_steps")
    lines = [say(language, "steps")]
    for number, one in enumerate(data["steps"], 1):
        blocked = "" if one.get("may_call", True) else f", no call now ({_joined(*one['blocked_by'])})"
        due = f", {str(one['due'])[:16]}" if one.get("due") else ""
        lines.append(f"{number}. {one['step'].replace('_', ' ')}: {one['why']}{due}{blocked} [{one['lead_id']}]")
    return "\n".join(lines)


def _draft(data: Data, language: str) -> str:
    lines = [say(language, "draft", channel=data["channel"], id=data["lead_id"])]
    if data.get("subject"):
        lines.append(data["subject"])
    lines += ["", data["text"], ""]
    if not data["may_send"]:
        lines.append(say(language, "draft_blocked", why=_joined(*data["blocked_by"])))
    return "\n".join(lines).strip()


def _offers(data: Data, language: str) -> str:
    if not data["offers"]:
        return say(language, "no_offers")
    lines = [say(language, "offers")]
    for number, one in enumerate(data["offers"], 1):
        lead = one["lead"]
        about = _joined(*(lead.get(name) for name in ("line", "state", "zip", "tier", "score")))
        lines.append(f"{number}. {about}, until {str(one['due_at'])[:16]} [{lead['id']}], offer [{one['id']}]")
    return "\n".join(lines)


def _numbers(data: Data, language: str) -> str:
    if not data["items"]:
        return say(language, "no_numbers")
    lines = [say(language, "numbers", since=data["since"], until=data["until"])]
    for one in data["items"]:
        lines.append(f"[{one['producer_id']}]")
        lines += [f"- {name}: {_value(one[name])}" for name in _FIGURES if one.get(name) not in (None, [])]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(inner)}" for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return "; ".join(_value(one) for one in value)
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _producers(data: Data, language: str) -> str:
    if not data["producers"]:
        return say(language, "no_producers")
    lines = [say(language, "producers", shown=len(data["producers"]), total=data["total"])]
    for one in data["producers"]:
        room = f"room {one['room']}" if one["room"] is not None else ""
        about = _joined(" ".join(one["lines"]), " ".join(one["states"][:10]), " ".join(one["languages"]), room)
        lines.append(f"- {one['name']} ({one['key']}): {about} [{one['id']}]")
    return "\n".join(lines)


def _documents(data: Data, language: str) -> str:
    if not data["found"]:
        return say(language, "no_documents")
    lines = [say(language, "documents")]
    lines += [f"“{one.get('text') or one.get('quote')}” [{one['id']}]" for one in data["quotes"]]
    return "\n".join(lines)


def _measured(data: Data, language: str) -> str:
    known = [one for one in data["figures"] if one["number"] is not None]
    if not known:
        return say(language, "no_figures")
    lines = [
        f"{data['metric'].replace('_', ' ')}, {say(language, 'numbers', since=_day(data['since']), until=_day(data['until']))}"
    ]
    for one in known:
        record = f" [{one['value']}]" if data.get("by") == "producer" and one["value"] else ""
        lines.append(f"- {one['label']}: {one['number']:g} {one['unit']} ({one['n']}){record}")
    return "\n".join(lines)


def _lookup(data: Data, language: str) -> str:
    if "in_force" in data:
        return kept(data, language)
    if "balances" in data:
        return _commissions(data, language)
    if "referrals" in data:
        return TELL_NETWORK["list_referrals"](data, language)
    lines = [say(language, "network", total=data["total"])]
    for one in data["connections"]:
        names = _joined(one.get("from") or one.get("from_name"), one.get("to") or one.get("to_name"), one.get("kind"))
        lines.append(f"- {names} [{one['from_id']}] [{one['to_id']}]")
    return "\n".join(lines)


def _commissions(data: Data, language: str) -> str:
    if not data["balances"] and not data["newest"]:
        return say(language, "no_commissions")
    lines = [say(language, "commissions")]
    for one in data["balances"]:
        amounts = (
            f"{part} {Money(one[f'{part}_minor'], one['currency'])}" for part in ("pending", "payable", "withheld")
        )
        lines.append(f"- {', '.join(amounts)} [{one['payee_id']}]")
    for one in data["newest"]:
        mine = ", ".join(str(Money(part["minor"], one["currency"])) for part in one["mine"])
        lines.append(
            f"- {one['policy_number']}, {one['line']}, {one['effective_on']}, {one['status']}: {mine} [{one['id']}]"
        )
    return "\n".join(lines)


_TELL: Mapping[str, Callable[[Data, str], str]] = {
    "find_leads": _found, "count_leads": _counted, "show_lead": _shown, "explain_score": _scored, "explain_route": _routed,
    "similar_leads": _similar, "next_best_action": _next, "draft_message": _draft, "open_offers": _offers,
    "my_numbers": _numbers, "find_producers": _producers, "ask_documents": _documents, "measure": _measured, "lookup": _lookup,
    **TELL_NETWORK, **TELL_POLICIES,
}  # fmt: skip
