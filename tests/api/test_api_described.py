"""The committed OpenAPI file says what the routes do."""

import json
import re
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from api.app import Door
from api.openapi import FILE, described
from api.problems import phrase

OPEN = {
    "live", "ready", "receive_webhook", "receive_ping", "receive_post", "receive_form",
    "receive_sendgrid_events", "receive_twilio_status", "receive_twilio_text",
    *(CHAT := {
        "start_chat", "send_chat_message", "get_chat", "stream_chat_events", "stop_chat", "resume_chat", "erase_chat",
        "add_chat_file",
    }),
}  # fmt: skip
SIGNING_IN = {"get_token", "refresh_token", "log_out", "reset_password"}
NEEDS_NO_SCOPE = {"change_password"}


def operations() -> list[dict[str, Any]]:
    return [operation for path in Door().openapi()["paths"].values() for operation in path.values()]


def test_the_committed_file_is_the_generated_one() -> None:
    assert FILE.read_text(encoding="utf-8") == described(), "run python -m api.openapi and review the difference"


def test_names_of_statuses_do_not_follow_the_version_of_python() -> None:
    """413, 414, 416 and 422 got other names in 3.13."""
    renamed = ["Content Too Large", "URI Too Long", "Range Not Satisfiable", "Unprocessable Content"]
    assert [phrase(status) for status in (413, 414, 416, 422)] == renamed
    others = set(HTTPStatus) - {413, 414, 416, 422}
    assert [phrase(status) for status in others] == [status.phrase for status in others]
    with pytest.raises(ValueError, match="499"):
        phrase(499)


def test_operations_are_named_after_their_functions_and_once() -> None:
    names = [operation["operationId"] for operation in operations()]
    assert len(names) == len(set(names))
    assert {"create_lead", "list_leads_nearby", "replay_receipt", "ready"} <= set(names)


def test_every_guarded_operation_documents_sign_in_scopes_and_errors() -> None:
    for operation in operations():
        if operation["operationId"] in OPEN:
            continue
        if operation["operationId"] in SIGNING_IN:
            assert "security" not in operation
            assert {"422", "429", "503"} <= set(operation["responses"])
        else:
            scopes = {name: scope for way in operation["security"] for name, scope in way.items()}
            assert set(scopes) == {"token", "key"}
            assert bool(scopes["token"]) is (operation["operationId"] not in NEEDS_NO_SCOPE), operation["operationId"]
            assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert set(answer["content"]) == {"application/problem+json"}


def test_a_chat_is_opened_by_its_own_token_alone() -> None:
    for operation in operations():
        if operation["operationId"] in CHAT:
            assert operation["security"] == []
            assert {"422", "429"} <= set(operation["responses"]), operation["operationId"]
            asked = {
                one["name"] for one in operation.get("parameters", ()) if one["in"] == "header" and one["required"]
            }
            assert ("x-chat-token" in {name.lower() for name in asked}) is (operation["operationId"] != "start_chat")


MONEY = re.compile(r"(^|_)(minor|amount|premium|price|fees?|tax(es)?|commission|revenue|balance|cost|paid|owed)(_|$)")


def kinds(schema: dict[str, Any]) -> set[str]:
    """The JSON types that a value may have, within lists and maps too."""
    more = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema.get("items"), schema.get("additionalProperties")]
    inner = [kinds(one) for one in more if isinstance(one, dict)]
    return set().union({schema["type"]} if "type" in schema else set(), *inner)


def test_t78_no_amount_of_money_is_answered_as_a_float() -> None:
    """A number is whole minor units; what may be text as well is asked for and read as a decimal."""
    schemas = Door().openapi()["components"]["schemas"]
    found = {
        f"{name}.{field}": kinds(schema)
        for name, one in schemas.items() for field, schema in one.get("properties", {}).items() if MONEY.search(field)
    }  # fmt: skip
    assert len(found) > 50
    floats = {name for name, said in found.items() if "number" in said and "string" not in said}
    assert floats == {
        "ReportRow.premium_retention",  # a share
        "TurnView.cost_usd",  # what a model's answer cost, far below a cent: on nobody's account
    }


def test_every_reference_resolves_and_none_is_left_over() -> None:
    described_api = Door().openapi()
    text = json.dumps(described_api)
    for name in described_api["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, f"{name} is not used"
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used == set(described_api["components"]["schemas"])


async def test_the_root_leads_to_the_documentation(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.is_redirect
    assert (await client.get(str(answer.next_request.url))).status_code == 200  # type: ignore[union-attr]
    assert (await client.get("/openapi.json")).json() == json.loads(described())
