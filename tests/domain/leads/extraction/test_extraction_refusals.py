import pytest

from domain.leads.extraction.refusal import read_refusal
from domain.leads.extraction.text import Text


@pytest.mark.parametrize(
    "text",
    [
        "Please stop calling me", "no phone calls", "don't call",
        "dont call me", "Don\u2019t call me!", "DO NOT CALL", "do not contact me",
        "take me off your list", "remove my number from your list", "put me on your do not call list", "I don't want calls",
        "I do not want to be called", "no more calls please", "quit calling", "never call me again", "leave me alone", "STOP",
        "unsubscribe", "email only please", "text only", "only email me", "lose my number", "I want to opt out of calls",
        "don't call me back", "make sure they don't call me", "if you stop calling me I will buy", "DNC",
        "no me llamen más", "no me llame por favor", "no llamen", "dejen de llamarme", "sin llamadas", "no quiero que me llamen",
        "no quiero recibir más llamadas", "quítenme de la lista",
        "borren mi número", "no me contacten", "solo por mensaje", "ya no me llamen",
    ],
)  # fmt: skip
def test_a_wish_not_to_be_called_is_heard(text: str) -> None:
    assert read_refusal(Text.of(text)).refused
    assert read_refusal(Text.of(f"Need auto insurance in Texas. {text}" if len(text) > 6 else text)).refused


@pytest.mark.parametrize(
    "text",
    [
        "call me", "you guys don't call me back", "my agent never called me", "Please don't hesitate to call", "nadie me llama",
        "remove my son from the policy", "remove me from my dad's policy", "if you don't call me by Friday I'll go elsewhere",
        "I got no calls back from you", "I agree to be called even if my number is on a do not call list",
        "Reply STOP to unsubscribe", "can I opt out of PIP coverage", "do not contact my employer", "llámame",
        "no me llaman", "stop sign accident", "cancel my policy", "I don't call it full coverage", "",
    ],
)  # fmt: skip
def test_other_words_are_no_refusal(text: str) -> None:
    assert not read_refusal(Text.of(text)).refused


@pytest.mark.parametrize(
    "text", ["don't call me before 9am", "no calls after 8pm", "do not call me at work", "no me llame antes de las 9"]
)
def test_a_limit_of_time_or_place_is_told_from_a_refusal(text: str) -> None:
    refusal = read_refusal(Text.of(text))
    assert refusal.limited
    assert not refusal.refused
    assert refusal.quotes == (text,)


def test_a_limit_beside_a_refusal_leaves_the_refusal() -> None:
    assert read_refusal(Text.of("don't call me before 9. In fact stop calling me")).refused


def test_doubt_counts_as_a_refusal_with_less_confidence() -> None:
    refusal = read_refusal(Text.of("other companies won't stop calling me"))
    assert refusal.refused
    assert refusal.confidence == 0.5


def test_the_quote_is_as_sent() -> None:
    assert read_refusal(Text.of("Hola. No me  llamen M\u00c1S")).quotes == ("No me  llamen",)
