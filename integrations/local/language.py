"""Which language a message is in, among those that agencies meet. Short messages are judged by their words, not by statistics."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

UNKNOWN = "und"
"""ISO 639-2 for "undetermined"."""
LANGUAGES = ("en", "es", "fr", "pt", "vi", "zh", "ko", "ru", "ar", "tl")
FEW_WORDS = 4
SURE_FROM = 0.8
MAX_CHARS = 600
_lock = threading.Lock()
_WORD = re.compile(r"[^\W\d_]+")
_SPANISH = frozenset(
    """seguro seguros aseguranza poliza póliza necesito quiero busco ocupo para mi mis carro casa vida salud de la el los las un
    una con por que qué cuanto cuánto cuesta hola gracias negocio perro gato troca camioneta cotizar cotización tengo soy y en
    familia hijos esposa esposo trabajo médico medico hoy mañana urgente favor llámeme apartamento inquilino""".split()  # noqa: SIM905 - forty words read better in a row
)
_ENGLISH = frozenset(
    """insurance insure insured coverage cover policy quote quotes need want looking for my our the a an is are do does can how
    what when who i we you please help car truck house home life health pet dog cat business renters and with of to in on plan
    rates cheap new turning moving just have get claim call me asap today tomorrow liability by it if""".split()  # noqa: SIM905
)
_SCRIPTS = (("zh", re.compile(r"[\u4e00-\u9fff]")), ("ko", re.compile(r"[\uac00-\ud7af]")), ("ar", re.compile(r"[\u0600-\u06ff]")),
            ("ru", re.compile(r"[\u0400-\u04ff]")))  # fmt: skip


def language_of(text: str) -> str:
    """ISO 639-1 code, or ``und`` where the text is too short or the model is not sure (under .8).

    py3langid errs under about four words, so there only words of one language decide; "auto" alone is undetermined.
    """
    text = text[:MAX_CHARS]
    for code, script in _SCRIPTS:
        if script.search(text):
            return code
    words = [word.casefold() for word in _WORD.findall(text)]
    spanish = sum(word in _SPANISH for word in words) + len(re.findall(r"[¿¡ñÑ]", text))
    english = sum(word in _ENGLISH for word in words)
    if len(words) < FEW_WORDS or abs(spanish - english) > len(words) / 3:
        if spanish != english and (spanish > english or text.isascii()):
            return "es" if spanish > english else "en"
        if len(words) < FEW_WORDS:
            return UNKNOWN
    with _lock:
        code, probability = _identifier().classify(text)
    return str(code) if float(probability) >= SURE_FROM else UNKNOWN


@cache
def _identifier() -> Any:
    """The statistical model, loaded at the first text that needs it (its file is data only, no pickle)."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
