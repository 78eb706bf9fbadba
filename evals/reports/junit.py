"""JUnit XML for CI: one testcase for each case, variant and metric that passes or fails."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from evals.records import Case, Failure, FailureKind, Metric, Score, Variant
from evals.reports.wording import cut
from evals.runs.result import RunResult

# What XML 1.0 cannot carry, not even as a reference.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MESSAGE = 400


def junit_xml(result: RunResult) -> bytes:
    """One testsuite per variant. A testcase fails where a trial did not pass or the model's answer was unusable; it is an error
    where a grader or the infrastructure failed and nothing else did; it is skipped where it was not reached.

    Cases to which a metric gave no score at all, with an answer that came, are left out: the metric does not apply.
    """
    root = ET.Element("testsuites", name=_legal(result.suite))
    scores: dict[tuple[str, str, str], list[Score]] = defaultdict(list)
    judged = {one.name for one in result.metrics if one.passes}
    for score in result.scores:
        scores[score.case, score.variant, score.metric].append(score)
        if score.passed is not None:
            judged.add(score.metric)
    metrics = [one for one in result.metrics if one.name in judged]
    for variant in result.variants:
        root.append(_suite(result, variant, metrics, scores))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _suite(
    result: RunResult, variant: Variant, metrics: Sequence[Metric], scores: dict[tuple[str, str, str], list[Score]]
) -> ET.Element:
    suite = ET.Element("testsuite", name=_legal(f"{result.suite} / {variant.name}"))
    suite.set("timestamp", result.started_at.isoformat(timespec="seconds"))
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for case in result.cases:
        places = [(case.id, variant.name, trial) for trial in range(result.trials)]
        answers = [result.answer_at[place] for place in places if place in result.answer_at]
        lost = [one.failure for one in answers if one.failure is not None]
        for metric in metrics:
            given = scores.get((case.id, variant.name, metric.name), [])
            if not given and answers and not lost:
                continue
            test = ET.SubElement(suite, "testcase", name=_legal(f"{case.id} [{metric.name}]"))
            test.set("classname", _legal(f"{result.suite}.{variant.name}"))
            test.set("time", f"{sum(one.seconds for one in answers):.3f}")
            counts["tests"] += 1
            outcome = _outcome(case, metric, given, lost, result.trials, len(answers))
            if outcome is not None:
                test.append(outcome)
                counts[{"failure": "failures", "error": "errors", "skipped": "skipped"}[outcome.tag]] += 1
    for key, count in counts.items():
        suite.set(key, str(count))
    return suite


def _outcome(
    case: Case, metric: Metric, given: Sequence[Score], lost: Sequence[Failure], trials: int, answered: int
) -> ET.Element | None:
    known = [one.failure for one in given if one.failure is not None] or list(lost)
    wrong = [one for one in given if one.failure is None and not _passed(one)]
    unusable = [one for one in known if one.kind is FailureKind.MODEL]
    passed = sum(one.failure is None and _passed(one) for one in given)
    said = f"{metric.name}: {passed} of {trials} trials passed"
    if wrong or unusable:
        reason = wrong[0].reason if wrong else unusable[0].message
        return _element("failure", "not passed" if wrong else f"model:{unusable[0].code}", f"{said}. {reason}", case)
    if known:
        return _element("error", f"{known[0].kind.value}:{known[0].code}", f"{said}. {known[0].message}", case)
    if answered < trials:
        return _element("skipped", None, f"{said}; {trials - answered} were not reached", None)
    return None


def _passed(score: Score) -> bool:
    return score.passed if score.passed is not None else (score.value or 0.0) >= 1.0


def _element(tag: str, kind: str | None, message: str, case: Case | None) -> ET.Element:
    made = ET.Element(tag, message=_legal(cut(message, _MESSAGE)))
    if kind is not None:
        made.set("type", _legal(kind))
    if case is not None and case.why:
        made.text = _legal(f"why this case: {cut(case.why, _MESSAGE)}")
    return made


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
