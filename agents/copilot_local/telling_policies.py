"""Results on policies in plain words. Every line that says something of a policy names its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.copilot_local.telling_papers import document_told, documents_told
from kernel.money import Money

Data = Mapping[str, Any]


def _spoken(value: object) -> str:
    return str(value).replace("_", " ")


def _money(data: Data, minor: int) -> str:
    return f"{Money(minor, data['currency']).amount:,} {data['currency']}"


def _line(one: Data) -> str:
    insured = f"{one['insured']}, " if one["insured"] else ""
    return (
        f"{one['number'] or 'not numbered'}: {_spoken(one['status'])}, {insured}{_spoken(one['type'])}, {one['carrier']}, "
        f"{one['state']}, ends {one['ends_on']}, {_money(one, one['price_minor'])} a term [{one['id']}]"
    )


def _next(data: Data) -> str:
    due = data["next_payment"]
    if due is None:
        return "Nothing is left to pay."
    return f"Next payment: {_money(data, due['amount_minor'])} by {due['due_on']} (instalment {due['number']})."


def _shown(data: Data, language: str) -> str:
    del language
    lines = [_line(data), f"- term {data['term_number']}: {data['starts_on']} to {data['ends_on']}, 12:01 a.m."]
    lines.append(f"- {'covers now' if data['covered_now'] else 'does not cover now'}")
    if data["ended_on"]:
        lines.append(f"- ended {data['ended_on']}: {_spoken(data['ended_reason'])}")
    lines.append(f"- billed {_money(data, data['billed_minor'])}, paid {_money(data, data['paid_minor'])}")
    if data["credit_minor"]:
        lines.append(f"- credit {_money(data, data['credit_minor'])}")
    late = f" It is overdue{', in grace until ' + data['grace_until'][:10] if data['grace_until'] else ''}."
    lines.append(f"- {_next(data)}{late if data['overdue'] else ''}")
    lines += [
        f"- notice of {_spoken(one['action'])} for {_spoken(one['reason'])} on {one['effective_on']}: {one['citation']}"
        for one in data["notices"]
    ]
    return "\n".join(lines)


def _found(data: Data, language: str) -> str:
    del language
    if not data["policies"]:
        return "No policy fits."
    head = f"{len(data['policies'])} of {data['total']} policies:"
    return "\n".join([head, *(f"{number}. {_line(one)}" for number, one in enumerate(data["policies"], 1))])


def _in_force(data: Data, language: str) -> str:
    del language
    parts = ", ".join(f"{line} {count}" for line, count in sorted(data["by_line"].items()))
    return f"{data['count']} policies in force at {data['at'][:16].replace('T', ' ')}{': ' + parts if parts else ''}."


def _at_risk(data: Data, language: str) -> str:
    del language
    if not data["policies"]:
        return "Nothing speaks against any policy in force."
    lines = [f"{data['watched']} policies have a sign that they may be lost. The most at stake first:"]
    for number, one in enumerate(data["policies"], 1):
        stake = (
            f", {_money(one, one['at_stake_minor'])} commission at stake" if one["at_stake_minor"] is not None else ""
        )
        who = f"{one['insured']}, " if one["insured"] else ""
        reasons = "; ".join(one["reasons"])
        lines.append(
            f"{number}. {one['number']}: {who}{one['line']}, ends {one['ends_on']}{stake}: {reasons} [{one['id']}]"
        )
    if not data["complete"]:
        lines.append("More were not looked at.")
    return "\n".join(lines)


def _bill(data: Data, language: str) -> str:
    del language
    lines = [f"What made the bill of policy {data['number'] or ''} [{data['id']}]:"]
    for one in data["steps"]:
        day = one["recorded_at"][:10]
        if "amount_minor" in one:
            lines.append(f"- {day} {_spoken(one['kind'])}: {_money(data, one['amount_minor'])}")
            continue
        what = f" ({', '.join(one['what'])})" if one["what"] else ""
        sign = "+" if one["change_minor"] > 0 else ""
        lines.append(
            f"- {day} {_spoken(one['kind'])}{what} from {one['effective_on']}: {sign}{_money(data, one['change_minor'])}, "
            f"from {_money(data, one['before_minor'])} to {_money(data, one['after_minor'])} with taxes and fees"
        )
    lines.append(
        f"Billed in all {_money(data, data['billed_minor'])}, paid {_money(data, data['paid_minor'])}. {_next(data)}"
    )
    return "\n".join(lines)


def _on_day(data: Data, language: str) -> str:
    del language
    is_so = "in force" if data["covered"] else "not in force"
    told = f"Policy {data['number'] or ''} {'is to be' if data['ahead'] else 'was'} {is_so} on {data['on']} [{data['id']}]."
    lines = [told, f"- that term: {data['starts_on']} to {data['ends_on']}, {_spoken(data['type'])}, {data['carrier']}"]
    if data["ended_on"]:
        lines.append(f"- ended {data['ended_on']}: {_spoken(data['ended_reason'])}")
    if data["covered"]:
        lines.append(f"- it cost {_money(data, data['price_then_minor'])} a term then")
    return "\n".join(lines)


def _quoted(data: Data, language: str) -> str:
    del language
    quote = data["quote"]
    owed = quote["refund_minor"] < 0
    lines = [
        f"Were policy {data['number'] or ''} [{data['id']}] ended from {quote['effective_on']}, by what is paid the insured "
        f"{'would owe' if owed else 'would get back'} {_money(data, abs(quote['refund_minor']))}. Nothing was ended.",
        f"- premium returned {_money(data, quote['premium_return_minor'])}, taxes {_money(data, quote['tax_return_minor'])}, "
        f"fees {_money(data, quote['fee_return_minor'])}",
        f"- {quote['words']} {quote['why_method']}",
    ]
    return "\n".join(lines)


def kept(data: Data, language: str) -> str:
    """The field in short: what is in force, and what ends soon."""
    head = _in_force(data["in_force"], language)
    if not data["policies"]:
        return f"{head}\nNo term ends within 60 days."
    return "\n".join([head, f"Terms that end within 60 days, {len(data['policies'])} of {data['total']}:",
                      *(f"- {_line(one)}" for one in data["policies"])])  # fmt: skip


def _premium(data: Data, language: str) -> str:
    del language
    if not data["total"]:
        return f"No policy had begun by {data['on']}."
    lines = [f"Premium on {data['on']}, without taxes and fees:"]
    lines += [f"- {one['name']}, {_premium_of(one)}" for one in data["groups"]]
    return "\n".join([*lines, *(f"In all, {one['currency']}: {_premium_of(one)}" for one in data["total"])])


def _premium_of(one: Data) -> str:
    return (
        f"{_money(one, one['unearned_minor'])} unearned, {_money(one, one['earned_minor'])} earned of "
        f"{_money(one, one['written_minor'])} written; {one['in_force']} in force with {_money(one, one['in_force_minor'])}"
    )


TELL_POLICIES: Mapping[str, Callable[[Data, str], str]] = {
    "show_policy": _shown, "find_policies": _found, "policies_in_force": _in_force, "policies_at_risk": _at_risk,
    "explain_bill": _bill, "book_premium": _premium, "policy_on_day": _on_day, "quote_cancellation": _quoted,
    "policy_documents": documents_told, "read_policy_document": document_told,
}  # fmt: skip
