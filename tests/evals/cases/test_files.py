"""Cases from JSON lines, YAML and promptfoo's YAML, and how they are split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.cases.reading import read_cases
from evals.records import Case, Split
from kernel.errors import Invalid

PROMPTFOO = """
description: taken over
prompts: [one.txt]
defaultTest:
  assert:
    - {type: not-contains, value: sorry}
tests:
  - description: names the line
    vars: {message: my van}
    assert:
      - {type: icontains, value: AUTO}
      - type: regex
        value: ^[a-z]+$
  - vars: {message: my flat}
    assert:
      - {type: equals, value: renters}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(path: Path, *, promptfoo: bool = False) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_cases(path, promptfoo=promptfoo)
    return [(one.field, one.message) for one in refused.value.fields]


def test_lines_of_json_in_order_with_blank_ones_between(tmp_path: Path) -> None:
    path = write(tmp_path, "cases.jsonl", '{"id": "a", "input": 1}\n\n{"id": "b", "input": [2], "expected": null}\n')
    assert [(one.id, one.input, one.line) for one in read_cases(path).cases] == [("a", 1, 1), ("b", [2], 3)]


def test_faults_of_json_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path, "cases.jsonl",
        '{"input": 1, "input": 2}\nnot json\n[1]\n{"input": NaN}\n{"input": 1, "wanted": 2}\n{"input": 1, "tags": "x"}\n',
    )  # fmt: skip
    found = faults(path)
    assert [field for field, _ in found] == [
        "cases.jsonl, line 1: line", "cases.jsonl, line 2: line", "cases.jsonl, line 3: line", "cases.jsonl, line 4: line",
        "cases.jsonl, line 5: wanted", "cases.jsonl, line 6: tags",
    ]  # fmt: skip


def test_yaml_says_what_it_says(tmp_path: Path) -> None:
    text = "- {id: a, input: no, expected: {day: 2026-01-02, on: yes, sure: true, n: 1}}\n"
    (one,) = read_cases(write(tmp_path, "cases.yaml", text)).cases
    assert (one.input, one.expected) == ("no", {"day": "2026-01-02", "on": "yes", "sure": True, "n": 1})


def test_faults_of_yaml_name_lines(tmp_path: Path) -> None:
    assert faults(write(tmp_path, "a.yaml", "- input: 1\n  input: 2\n"))[0][0] == "a.yaml, line 2: input"
    assert faults(write(tmp_path, "b.yaml", "- input: [1\n"))[0][0].startswith("b.yaml, line 2: file")
    assert faults(write(tmp_path, "c.yaml", "cases:\n  - text\n"))[0][0] == "c.yaml, line 2: case"
    assert faults(write(tmp_path, "d.yaml", "[]"))[0][1] == "has no case"


def test_an_id_that_stands_twice_names_both_lines(tmp_path: Path) -> None:
    ((field, message),) = faults(
        write(tmp_path, "cases.yaml", "- {id: a, input: 1}\n- {id: b, input: 2}\n- {id: a, input: 3}\n")
    )
    assert field == "cases.yaml, line 3: id"
    assert "line 1" in message


def test_a_case_without_id_is_called_by_its_input(tmp_path: Path) -> None:
    one, two = read_cases(write(tmp_path, "cases.jsonl", '{"input": "x"}\n{"input": "y"}\n')).cases
    assert one.id != two.id
    assert one.id == f"case-{one.input_hash[:12]}"


def test_a_group_is_never_on_both_sides(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": f"{unit}-{part}", "input": [unit, part], "group": f"g{unit}"})
        for unit in range(60)
        for part in range(3)
    ]
    found = read_cases(write(tmp_path, "cases.jsonl", "\n".join(lines))).cases
    sides = {group: {one.split for one in found if one.group == group} for group in {one.group for one in found}}
    assert all(len(side) == 1 for side in sides.values())
    assert 8 <= sum(side == {Split.HOLDOUT} for side in sides.values()) <= 30


def test_a_split_that_is_given_goes_for_the_whole_group(tmp_path: Path) -> None:
    text = '{"id":"a","input":1,"group":"g","split":"holdout"}\n{"id":"b","input":2,"group":"g"}\n'
    assert {one.split for one in read_cases(write(tmp_path, "cases.jsonl", text)).cases} == {Split.HOLDOUT}
    torn = text + '{"id":"c","input":3,"group":"g","split":"dev"}\n'
    ((field, message),) = faults(write(tmp_path, "torn.jsonl", torn))
    assert field == "torn.jsonl, line 3: split"
    assert "line 1" in message


def test_a_case_stays_on_its_side_when_others_come(tmp_path: Path) -> None:
    few = read_cases(write(tmp_path, "few.jsonl", "\n".join(f'{{"id":"c{n}","input":{n}}}' for n in range(20)))).cases
    many = read_cases(write(tmp_path, "many.jsonl", "\n".join(f'{{"id":"c{n}","input":{n}}}' for n in range(80)))).cases
    sides = {one.id: one.split for one in many}
    assert all(sides[one.id] is one.split for one in few)


def test_the_hash_is_of_what_is_run_and_not_of_comments(tmp_path: Path) -> None:
    one = read_cases(write(tmp_path, "a.yaml", "- {id: a, input: x, expected: y, why: because}\n"))
    same = read_cases(write(tmp_path, "b.yaml", "# more words\n\n- {id: a, input: x, expected: y, why: other}\n"))
    other = read_cases(write(tmp_path, "c.yaml", "- {id: a, input: x, expected: z, why: because}\n"))
    assert one.hash == same.hash != other.hash


def test_promptfoo_is_taken_over(tmp_path: Path) -> None:
    first, second = read_cases(write(tmp_path, "p.yaml", PROMPTFOO), promptfoo=True).cases
    assert (first.id, first.input, first.line) == ("names the line", {"message": "my van"}, 8)
    assert first.expected == {"assert": [
        {"kind": "contains", "value": "sorry", "not": True}, {"kind": "icontains", "value": "AUTO", "not": False},
        {"kind": "regex", "value": "^[a-z]+$", "not": False},
    ]}  # fmt: skip
    assert [one["kind"] for one in second.expected["assert"]] == ["contains", "equals"]


@pytest.mark.parametrize(
    ("test", "where"),
    [
        ("{vars: {a: 1}, assert: [{type: javascript, value: x}]}", "assert[0].type"),
        ("{vars: {a: 1}, assert: [{type: llm-rubric, value: x}]}", "assert[0].type"),
        ("{vars: {a: 1}, assert: [{type: contains, value: x, weight: 2}]}", "assert[0].weight"),
        ("{vars: {a: 1}, assert: [{type: contains, value: '{{a}}'}]}", "assert[0].value"),
        ("{vars: {a: 1}, assert: [{type: regex, value: '('}]}", "assert[0].value"),
        ("{vars: {a: 1}, assert: [{type: is-json, value: {type: object}}]}", "assert[0].value"),
        ("{vars: {a: [1, 2]}, assert: [{type: contains, value: x}]}", "vars.a"),
        ("{vars: {a: file://x.txt}, assert: [{type: contains, value: x}]}", "vars.a"),
        ("{vars: {a: 1}, options: {}, assert: [{type: contains, value: x}]}", "options"),
        ("{vars: {a: 1}}", "assert"),
    ],
)
def test_what_cannot_be_taken_over_is_named(tmp_path: Path, test: str, where: str) -> None:
    found = faults(write(tmp_path, "p.yaml", f"tests:\n  - {test}\n"), promptfoo=True)
    assert f"p.yaml, line 2: {where}" in [field for field, _ in found]


def test_a_unit_of_its_own_is_no_group() -> None:
    assert Case("a", 1).unit != Case("b", 1, group="a").unit


def test_a_file_that_is_kept_is_the_holdout_and_the_other_is_dev(tmp_path: Path) -> None:
    lines = "".join(f'{{"id": "{name}", "input": 1}}\n' for name in "abcdefgh")
    dev = write(tmp_path, "cases.jsonl", lines)
    kept = write(tmp_path, "holdout.yaml", "- {id: z, input: 1}\n- {id: y, input: 1}\n")
    found = read_cases(dev, kept=kept)
    assert [one.id for one in found.of(Split.DEV)] == list("abcdefgh")
    assert [one.id for one in found.of(Split.HOLDOUT)] == ["z", "y"]


@pytest.mark.parametrize(
    ("kept", "field"),
    [("- {id: a, input: 1}\n", "id"), ("- {id: z, input: 1, split: dev}\n", "split"), ("", "file")],
)
def test_a_kept_file_repeats_no_case_and_says_no_other_split(tmp_path: Path, kept: str, field: str) -> None:
    dev, other = write(tmp_path, "cases.jsonl", '{"id": "a", "input": 1}\n'), write(tmp_path, "holdout.yaml", kept)
    with pytest.raises(Invalid) as refused:
        read_cases(dev, kept=other)
    assert [one.field.rpartition(": ")[2] for one in refused.value.fields] == [field]
