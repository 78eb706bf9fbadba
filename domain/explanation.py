"""A decision in plain words, built from its own evidence alone; and the check that other words say nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.lines import Line

_MOST = 3
_QUOTE_CHARS = 80
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_QUOTED = re.compile("“[^”]*”")
_LINE_WORDS: Mapping[str, str] = {line.value: line.value.replace("_", " ") for line in Line if line is not Line.UNKNOWN}
# Words that name a line of business and stand in other sentences too; only the insurance meaning may contradict.
_NAMED = {
    line: re.compile(rf"\b{words}\b (?:insurance|policy|coverage|lead|line)", re.IGNORECASE)
    for line, words in _LINE_WORDS.items()
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """``sentences`` in the order in which the decision was made. ``numbers`` and ``lines`` are all that they mention.

    ``must`` holds what no other wording may leave out: the score, and who gets the lead.
    """

    sentences: tuple[str, ...]
    lines: frozenset[str]
    must: tuple[str, ...]

    @property
    def text(self) -> str:
        """The paragraph."""
        return " ".join(self.sentences)

    @property
    def unquoted(self) -> str:
        """The paragraph without the sender's words: what a model may be shown, and whose numbers it may use."""
        return _QUOTED.sub("the sender's words", self.text)

    @property
    def numbers(self) -> frozenset[str]:
        """Every number of the decision, without separators and without zeros at the end of a fraction."""
        return frozenset(_plain(one) for one in _NUMBER.findall(self.unquoted))

    def contradiction(self, words: str, *, whole: bool = True) -> str | None:
        """What in ``words`` this explanation does not say: a number, or a line of business; or what they leave out.

        ``whole`` is False for a part of the words, which need not hold everything yet. None when nothing contradicts.
        """
        for number in _NUMBER.findall(words):
            if _plain(number) not in self.numbers:
                return f"the number {number} is not part of the decision"
        for line, pattern in _NAMED.items():
            if line not in self.lines and pattern.search(words):
                return f"the line {line} is not part of the decision"
        if whole:
            for part in self.must:
                if part not in words:
                    return f"{part} is left out"
        return None


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """The part of a receipt that is told: who of how many, and why. ``factors`` are (reason, points, of), ``stopped`` counts
    producers by the gate that refused them.
    """

    outcome: str
    producer: str | None
    considered: int
    eligible: int
    reason: str | None
    total: str | None = None
    factors: Sequence[tuple[str, float, float]] = ()
    stopped: Mapping[str, int] | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any], producer: str | None) -> RoutingFacts:
        """From the stored body of a receipt and the name of whoever it gives the lead to."""
        ranking, outcome = body["ranking"], body["outcome"]
        best = next((one for one in ranking["best"] if one["producer_id"] == outcome["producer_id"]), None)
        factors = (
            [(one["reason"], float(one["given"]), float(one["points"])) for one in best["factors"]] if best else []
        )
        return cls(
            outcome=outcome["code"], producer=producer, considered=ranking["considered"], eligible=ranking["eligible"],
            reason=ranking["reason"], total=f"{float(best['total']):.1f}" if best else None, factors=factors,
            stopped=ranking["refused"],
        )  # fmt: skip


def explain(
    decisions: Mapping[str, Mapping[str, Any]], routing: RoutingFacts | None, *, repeats: str | None = None
) -> Explanation:
    """The explanation of a lead's decisions, given as stored (``value``, ``confidence``, ``source``, ``evidence``, ...).

    ``repeats`` says why the lead counts as a repeat of an earlier one, where it does; then nothing else was decided.
    """
    if repeats is not None:
        return Explanation((f"The lead repeats an earlier one: {repeats}.",), frozenset(), ())
    classified, scored = decisions.get("classifier"), decisions.get("scorer")
    sentences = [
        *_classified(classified),
        *_placed(decisions.get("enricher")),
        *_documented(decisions.get("documents"), scored),
        *_scored(scored),
        *_chance(scored),
        *_routed(routing),
        *_reviewed(decisions),
    ]
    value = classified["value"] if classified else {}
    lines = frozenset(str(line) for line in value.get("lines") or [value.get("line")] if line)
    must = []
    if scored is not None and scored["value"].get("score") is not None:
        must.append(str(scored["value"]["score"]))
    if routing is not None and routing.producer:
        must.append(routing.producer)
    return Explanation(tuple(sentences) or ("Nothing has been decided yet.",), lines, tuple(must))


def _classified(decision: Mapping[str, Any] | None) -> Iterator[str]:
    if decision is None:
        return
    if decision["degraded"]:
        yield "What is asked for could not be read."
        return
    value = decision["value"]
    if value.get("out_of_scope"):
        yield f"The message is no request for insurance{_because(decision)}."
        return
    if value["line"] == Line.UNKNOWN.value:
        yield "The message does not say which insurance is wanted."
        return
    names = _joined([_LINE_WORDS.get(line, line) for line in value.get("lines") or [value["line"]]])
    if decision["source"] == "given":
        yield f"The sender asked for {names} insurance."
    else:
        yield f"The message reads as {names} insurance{_because(decision)}, at a confidence of {decision['confidence']:.2f}."
    wish = [
        f"intent: {value['intent']}" if value.get("intent") not in {None, "unknown"} else "",
        f"urgency: {value['urgency']}" if value.get("urgency") not in {None, "unknown"} else "",
    ]
    if any(wish):
        yield f"{_joined([one for one in wish if one]).capitalize()}."


def _placed(decision: Mapping[str, Any] | None) -> Iterator[str]:
    if decision is None or decision["degraded"]:
        return
    states = decision["value"].get("states") or []
    if len(states) == 1:
        yield f"The risk lies in {states[0]}."
    elif states:
        yield f"The risk lies in {' or '.join(states)}, which has to be asked."
    else:
        yield "The state of the risk is not known."


def _documented(decision: Mapping[str, Any] | None, scored: Mapping[str, Any] | None) -> Iterator[str]:
    if decision is None or decision["degraded"]:
        return
    value = decision["value"]
    new = sorted({one["field"].replace("_", " ") for one in value["findings"] if one["status"] == "new"})
    against = sorted({one["field"].replace("_", " ") for one in value["conflicts"]})
    count = len(value["documents"])
    subject = "One document was" if count == 1 else f"{count} documents were"
    yield f"{subject} sent for it, adding {_joined(new) if new else 'no fact'}."
    if against:
        yield f"What a document says of {_joined(against)} contradicts the sender's own words, which stand."
    parts = scored["value"].get("contributions", ()) if scored else ()
    for part in parts:
        if part["factor"] == "documents":
            yield f"Documents give {part['points']} points ({part['reason']})."


def _scored(decision: Mapping[str, Any] | None) -> Iterator[str]:
    value = decision["value"] if decision else {}
    if value.get("score") is None:
        yield "There is no score."
        return
    parts = sorted(value["contributions"], key=lambda one: (-one["points"], one["factor"]))
    told = [f"{one['points']} for {one['factor']} ({one['reason']})" for one in parts[:_MOST] if one["points"] > 0]
    rest = value["score"] - sum(one["points"] for one in parts[:_MOST] if one["points"] > 0)
    more = f", and {rest} from everything else" if told else ""
    yield (
        f"The score is {value['score']} of 100: {', '.join(told)}{more}." if told else f"The score is {value['score']}."
    )


def _chance(decision: Mapping[str, Any] | None) -> Iterator[str]:
    win = decision["value"].get("win") if decision else None
    if not win:
        return
    if win["state"] != "known":
        yield f"How likely it is won cannot be said yet: {win['reason']}."
        return
    worth = win.get("expected_value")
    money = f", worth {worth['amount']} {worth['currency']} on average" if worth else ""
    yield f"It is won with a chance of {win['reason']}{money}."


def _routed(routing: RoutingFacts | None) -> Iterator[str]:
    if routing is None:
        return
    if routing.stopped:
        worst = sorted(routing.stopped.items(), key=lambda one: (-one[1], one[0]))[:_MOST]
        counts = _joined([f"{count} at {code.replace('_', ' ')}" for code, count in worst])
        yield (
            f"Of {routing.considered} producers {routing.eligible} may take the lead; the gates stopped "
            f"{routing.considered - routing.eligible}, among them {counts}."
        )
    elif routing.considered:
        yield f"Of {routing.considered} producers {routing.eligible} may take the lead."
    if routing.producer is None:
        yield f"A person decides who gets it: {routing.reason or routing.outcome.replace('_', ' ')}."
        return
    best = sorted(routing.factors, key=lambda one: (-one[1], one[0]))[:_MOST]
    reasons = _joined([f"{reason} ({given:.1f} of {of:.1f})" for reason, given, of in best])
    place = "comes first" if routing.outcome == "best" else "is the first who still had room"
    yield f"{routing.producer} {place} with {routing.total} of 100 points: {reasons}."


def _reviewed(decisions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    doubtful = [name for name, one in sorted(decisions.items()) if one["needs_review"] and not one["degraded"]]
    failed = [name for name, one in sorted(decisions.items()) if one["degraded"]]
    if doubtful:
        yield f"A person should look at what the {_joined(doubtful)} decided."
    if failed:
        yield f"The {_joined(failed)} failed and counts as unknown."


def _because(decision: Mapping[str, Any]) -> str:
    quotes = [re.sub("[“”]", '"', one["quote"]) for one in decision["evidence"] if one.get("quote")]
    shown = [f"“{quote if len(quote) <= _QUOTE_CHARS else quote[: _QUOTE_CHARS - 1] + '…'}”" for quote in quotes[:2]]
    return f" because of {_joined(shown)}" if shown else ""


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _plain(number: str) -> str:
    whole = number.replace(",", "")
    return whole.rstrip("0").rstrip(".") if "." in whole else whole
