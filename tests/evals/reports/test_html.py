"""The HTML report: complete, closed, and deaf to what is in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.records import Answer, Failure, FailureKind, Metric, Score, Variant
from evals.reports.against import beside
from evals.reports.build import build
from evals.reports.changes import case_changes, regressions
from evals.reports.html import embedded, page_html, trend_html
from evals.reports.trend import trend
from evals.runs.result import RunResult
from evals.verdict import Decision
from tests.evals.reports.browser import NAMES, Tab, find_browser, open_tab
from tests.evals.reports.runs import HOSTILE, VARIANTS, a_run, later, verdict

RUN = a_run()
FETCHING = {"src", "href", "srcset", "action", "formaction", "data", "poster", "background", "xlink:href", "ping"}
VOID = {"meta", "line", "circle", "rect", "path", "polyline", "link", "img", "br", "input"}


class Parsed(HTMLParser):
    """Tags with their attributes and what stands in each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.inside:
            self.inside[tag].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.inside:
            self.inside[self._open[-1]][-1] += data
        else:
            self.words.append(data)


def _hostile_run(text: str) -> RunResult:
    """A run in which everything that can be a text is this one."""
    run = a_run(cases=3, trials=1)
    variants = tuple(Variant(f"{text}{place}", text, text, {text: text}) for place in range(2))
    names = {old.name: new.name for old, new in zip(VARIANTS, variants, strict=True)}
    failure = Failure(FailureKind.JUDGE, text, text)
    metrics = (Metric(text, passes=True),)
    return replace(
        run, run_id=text, suite=text, suite_hash=text, variants=variants, metrics=metrics,
        cases=tuple(
            replace(one, id=f"{text}{place}", input=text, expected=text, why=text, group=text, tags=(text,))
            for place, one in enumerate(run.cases)
        ),
        answers=tuple(
            Answer(f"{text}{place}", name, 0, text, source=text, confidence=0.5, state=text)
            for place in range(3)
            for name in names.values()
        ),
        scores=tuple(
            Score(f"{text}{place}", name, 0, text, None if place else 1.0, None, text, failure if place else None)
            for place in range(3)
            for name in names.values()
        ),
        aggregates={variants[0].name: {text: 0.5}},
    )  # fmt: skip


def _checked(html: str) -> Parsed:
    """Nothing is fetched, no handler or style sits in an attribute, only our own scripts can run."""
    page = Parsed(html)
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "use", "image"}, tag
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style"
            if name in FETCHING:
                assert (value or "").startswith("#"), (tag, name, value)
    policies = [one["content"] for tag, one in page.tags if one.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    policy = str(policies[0])
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    allowed = set(re.findall(r"sha256-[A-Za-z0-9+/=]+", policy))
    kinds = [one.get("type") for tag, one in page.tags if tag == "script"]
    running = [text for text, kind in zip(page.inside["script"], kinds, strict=True) if kind != "application/json"]
    assert {_fingerprint(text) for text in running + page.inside["style"]} == allowed
    assert len(running) <= 1
    assert not re.search(r"@import|url\(", page.inside["style"][0])
    return page


def _fingerprint(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(page: Parsed) -> dict[str, object]:
    found = json.loads(page.inside["script"][0])
    assert isinstance(found, dict)
    return found


def test_report_is_closed_and_has_every_section() -> None:
    page = _checked(page_html(build(RUN, [verdict(RUN)])))
    ids = {one.get("id") for tag, one in page.tags if tag == "section"}
    assert ids == {"verdict", "metrics", "comparison", "spend", "failures", "trust", "cases", "facts"}
    words = " ".join(" ".join(page.words).split())
    for said in ("About 640 more cases are needed", "extractor v2", "http_429", "5d5d5d", "macro-F1", "max_tokens"):
        assert said in words
    data = _data(page)
    assert len(data["cases"]) == 200  # type: ignore[arg-type]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    run = _hostile_run(hostile)
    judged = replace(
        verdict(a_run(cases=3)), a=run.variants[0].name, b=run.variants[1].name, reasons=(hostile,), contrasts=()
    )
    html = page_html(build(run, [judged]))
    html.encode()  # a lone surrogate would end here
    page = _checked(html)
    plain = Parsed(page_html(build(_hostile_run("plain"), [replace(judged, a="plain0", b="plain1", reasons=("x",))])))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert hostile in _data(page)["texts"]  # type: ignore[operator]
    assert "\u202e" not in html
    assert "\x00" not in html
    assert "\x1b" not in html
    _checked(trend_html(trend([run, later(run)])))


@given(
    st.recursive(st.text(st.characters()) | st.floats(allow_nan=False, allow_infinity=False), st.lists, max_leaves=5)
)
def test_embedded_data_come_back_and_end_nothing(value: object) -> None:
    text = str(embedded(value))
    assert json.loads(text) == value
    assert text.isascii()
    assert not set("<>&") & set(text)


def test_runs_without_verdict_trials_or_failures_have_a_report_too() -> None:
    alone = a_run(cases=3, trials=1, variants=VARIANTS[:1])
    calm = replace(
        alone, scores=tuple(one for one in alone.scores if one.failure is None),
        answers=tuple(replace(one, failure=None, confidence=None, output="x") for one in alone.answers),
    )  # fmt: skip
    words = " ".join(_checked(page_html(build(calm))).words)
    assert "nothing was compared" in words
    assert "No answer and no score failed." in words
    empty = replace(alone, answers=(), scores=(), aggregates={})
    assert "3" in " ".join(_checked(page_html(build(empty))).words)


def test_comparison_with_an_earlier_run_names_what_cannot_be_compared() -> None:
    run = a_run(cases=20)
    now = later(
        replace(run, cases=(replace(run.cases[0], input="other"), *run.cases[1:19], replace(run.cases[19], id="new")))
    )
    joined, apart, pairs = beside(now, run)
    assert (apart.new, apart.gone, apart.changed) == (("new",), (run.cases[19].id,), (run.cases[0].id,))
    assert len(joined.cases) == 18
    page = build(joined, pairs=pairs, apart=apart)
    assert all(not changes for _, _, changes in page.changes), "the same answers do not change"
    words = " ".join(_checked(page_html(page)).words)
    assert "Changed input" in words
    assert "extractor v1 (earlier)" in words


@pytest.mark.parametrize("decision", Decision)
def test_each_verdict_is_said_in_words_and_not_in_colour_alone(decision: Decision) -> None:
    page = _checked(page_html(build(RUN, [verdict(RUN, decision=decision, needed=None)])))
    words = " ".join(page.words)
    assert {"ship": "Ship extractor v2", "keep": "Keep extractor v1", "inconclusive": "Inconclusive:"}[
        decision
    ] in words
    for said in ("▲ better", "▼ worse", "○ open"):
        assert said in words


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """A page of a headless Chromium without a network."""
    browser = find_browser()
    if browser is None:
        pytest.skip(f"no browser here: none of {', '.join(NAMES)} is on the path (Debian: apt-get install chromium)")
    with open_tab(browser) as opened:
        yield opened


def _file(folder: Path, run: RunResult) -> Path:
    path = folder / "report.html"
    path.write_text(page_html(build(run, [verdict(run)])))
    return path


def _settled(tab: Tab, script: str, wanted: object) -> None:
    for _ in range(100):
        if tab.run(script) == wanted:
            return
        time.sleep(0.05)
    assert tab.run(script) == wanted


def test_in_a_browser_the_report_opens_from_disk_and_shows_the_difference(tab: Tab, tmp_path: Path) -> None:
    path = _file(tmp_path, RUN)
    tab.requests.clear()
    tab.open(path)
    assert tab.run("document.querySelectorAll('.rows > li').length") == 50
    assert tab.run("document.querySelector('.count p').textContent") == "200 cases"
    tab.run("document.querySelectorAll('.rows .line')[2].click()")  # a case whose outputs are prose
    assert tab.run("document.querySelector('.detail del').textContent") == "would like"
    assert tab.run("document.querySelector('.detail ins').textContent") == "wants"
    assert tab.requests == [path.as_uri()], "nothing else was asked for"
    assert tab.errors == []


def test_in_a_browser_json_is_compared_by_key(tab: Tab, tmp_path: Path) -> None:
    run = a_run(cases=1, trials=1)
    outputs: tuple[object, ...] = (
        {"a": 1, "n": 12345678901234567890},
        {"a": 2, "n": 12345678901234567891, "new": [True]},
    )
    answers = tuple(replace(one, output=output, failure=None) for one, output in zip(run.answers, outputs, strict=True))
    tab.open(_file(tmp_path, replace(run, answers=answers)))
    tab.run("document.querySelector('.rows .line').click()")
    rows = "[...document.querySelectorAll('.keys tbody tr')].map((row) => [...row.cells].map((one) => one.textContent))"
    assert tab.run(rows) == [
        ["a", "1", "2", "≠"],
        ["n", "12345678901234567890", "12345678901234567891", "≠"],
        ["new[0]", "–", "true", "+"],
    ]


def test_in_a_browser_the_filters_find_and_the_keyboard_opens(tab: Tab, tmp_path: Path) -> None:
    tab.open(_file(tmp_path, RUN), "#case=case-0130")
    opened = "document.querySelector('[aria-expanded=true] .id')?.textContent"
    _settled(tab, opened, "case-0130")
    tab.press("Enter")
    _settled(tab, opened, None)
    count = "document.querySelector('.count p').textContent"
    tab.run(
        "(() => { const s = document.querySelector('input'); s.value = 'case-0007'; s.dispatchEvent(new Event('input')) })()"
    )
    _settled(tab, count, "1 of 200 case")
    tab.run("document.querySelector('.count button').click()")
    _settled(tab, count, "200 cases")
    for name, value in (("show", "worse"), ("split", "holdout"), ("state", "fail")):
        tab.run(f"control.{name}.value = '{value}'; refresh()")
    shown = {
        one.case
        for one in regressions(case_changes(RUN, *(one.name for one in VARIANTS)))
        if one.gain is None or one.gain < 0
    }
    found = set(tab.run("view.found.map((one) => one.id)"))
    assert found
    assert found <= shown & {case.id for case in RUN.cases if case.split.value == "holdout"}
    assert tab.errors == []


@pytest.mark.parametrize("hostile", HOSTILE)
def test_in_a_browser_hostile_texts_do_nothing(hostile: str, tab: Tab, tmp_path: Path) -> None:
    run = _hostile_run(hostile)
    path = tmp_path / "hostile.html"
    path.write_text(page_html(build(run)))
    tab.requests.clear()
    tab.open(path)
    tab.run("document.querySelectorAll('.rows .line').forEach((one) => one.click())")
    assert tab.run("document.querySelectorAll('.detail').length") == 3
    assert tab.run("document.querySelectorAll('img, main script, main svg[onload]').length") == 0
    assert "\u202e" not in tab.run("document.body.innerText")
    assert tab.requests == [path.as_uri()]
    assert tab.errors == []


def test_in_a_browser_no_width_scrolls_sideways(tab: Tab, tmp_path: Path) -> None:
    tab.open(_file(tmp_path, RUN))
    tab.run("document.querySelectorAll('.rows .line')[0].click()")
    for width in (360, 768, 1280):
        tab.shoot(tmp_path / "shot.png", width=width, dark=width == 768)
        assert tab.run("document.documentElement.scrollWidth <= innerWidth"), width
        assert (tmp_path / "shot.png").stat().st_size > 10_000
