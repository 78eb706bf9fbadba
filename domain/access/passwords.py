"""Which passwords are taken: length counts, not classes of characters (NIST SP 800-63B, section 3.1.1.2)."""

from __future__ import annotations

import unicodedata

from kernel.errors import FieldError, Invalid

SHORTEST = 12
LONGEST = 256
_DISTINCT = 5
# The commonest of published lists that have twelve characters or more; shorter ones fail by their length.
_COMMON_TEXT = """
123456789012 1234567890123 12345678901234 123456789123 1234567891234 123123123123 111111111111 000000000000 012345678910
password1234 password12345 password123456 passwordpassword password123! password1234! p@ssw0rd1234 passw0rd1234
qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiopasdf qwertyuiop[] qwerty123456 qwerty1234567 qwerty12345678 1q2w3e4r5t6y
1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv qazwsxedcrfv q1w2e3r4t5y6 zaq12wsxcde3 asdfghjkl123 asdfghjkl1234 zxcvbnm12345
abcdefghijkl abcdefghijklm abcd12345678 abc123456789 abc123abc123 a1b2c3d4e5f6 iloveyou1234 iloveyou12345 iloveyouforever
letmein12345 letmein123456 welcome12345 welcome123456 changeme1234 changeme12345 administrator adminadmin123 admin12345678
football1234 baseball1234 superman1234 sunshine1234 princess1234 monkey123456 dragon123456 master123456 michael12345
trustno1trustno1 leadwright12 leadwright123 leadwright1234 insurance123 insurance1234 secret123456 correcthorsebatterystaple
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def prepared(password: str) -> str:
    """The password in one Unicode form, so that it is the same from every keyboard (RFC 8265: NFC)."""
    return unicodedata.normalize("NFC", password)


def check_password(password: str, email: str, field: str = "password") -> None:
    """Raise Invalid unless ``password`` may be one; the fault never quotes it."""
    given = prepared(password)
    folded = given.casefold()
    name = email.partition("@")[0].casefold()
    fault: tuple[str, str, str] | None = None
    if len(given) < SHORTEST:
        fault = ("too_short", f"has {len(given)} characters", f"use {SHORTEST} or more; several words are good")
    elif len(given) > LONGEST:
        fault = ("too_long", f"has {len(given)} characters", f"use {LONGEST} or fewer")
    elif any(unicodedata.category(char) == "Cc" for char in given):
        fault = ("control_character", "holds a control character", "use characters that can be typed")
    elif folded in _COMMON or len(set(folded)) < _DISTINCT:
        fault = ("too_common", "is among the first that are tried", "use several words that do not belong together")
    elif folded == email.casefold() or (
        len(name) >= SHORTEST // 2 and folded.replace(name, "").strip("0123456789!.") == ""
    ):
        fault = ("is_email", "is the e-mail address or its first part", "use words that do not belong to you")
    if fault is not None:
        code, message, remedy = fault
        raise Invalid("the password cannot be used", fields=(FieldError(field, code, message, remedy),))
