"""One HTML file that needs nothing else: no network, no framework, and no way to run what cases and models wrote."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from evals.reports import wording
from evals.reports.changes import regressions
from evals.reports.html.drawings import calibration_plot, contrast_strips, histogram_bars, metric_strips, trend_lines
from evals.reports.html.payload import payload
from evals.reports.page import Page
from evals.reports.trend import Trend

_FOLDER = files("evals.reports.html")
_SCRIPTS = ("diff.js", "parts.js", "cases.js")


def page_html(page: Page) -> str:
    """The report as one document, UTF-8."""
    script = "\n".join(_text(name) for name in _SCRIPTS)
    return _render(
        "report.html.j2", script, page=page, regressions=regressions, data=embedded(payload(page)),
        places={row.case.id: place for place, row in enumerate(page.cases)},
        strips=metric_strips(page), contrasts=[contrast_strips(one) for one in page.verdicts],
        bars=histogram_bars(page), plots=[calibration_plot(one) for one in page.calibrations],
    )  # fmt: skip


def trend_html(trend: Trend) -> str:
    """The course of a suite's metrics over its runs as one document, UTF-8. It has no script."""
    return _render("trend.html.j2", "", trend=trend, lines=trend_lines(trend))


def embedded(data: Any) -> Markup:
    """JSON that may stand inside a script element: nothing in it ends the element, opens a comment, or is no ASCII."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - escaped in the lines above


def _render(template: str, script: str, **values: object) -> str:
    style = _text("report.css")
    policy = (
        f"default-src 'none'; style-src '{_fingerprint(style)}'; script-src "
        + (f"'{_fingerprint(script)}'" if script else "'none'")
        + "; base-uri 'none'; form-action 'none'"
    )
    return _environment().get_template(template).render(
        style=Markup(style), script=Markup(script), policy=policy, **values  # noqa: S704 - our own files
    )  # fmt: skip


def _fingerprint(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _text(name: str) -> str:
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_text),
        finalize=lambda value: wording.legible(value) if type(value) is str else value,
    )  # fmt: skip
    told = (
        wording.figure, wording.distance, wording.span, wording.bounds, wording.dollars, wording.seconds, wording.chance,
        wording.count, wording.cut,
    )  # fmt: skip
    made.filters.update({one.__name__: one for one in told}, json=lambda value: wording.shown(dict(value)).text)
    return made
