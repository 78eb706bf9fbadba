"""What can go wrong, with an HTTP status and a stable code. Rendered once per door: api/errors.py, cli, tools/errors.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field of the input.

    ``field`` is a dotted path as the sender wrote it (``contact.email``, or a column's header). ``value`` is the
    offending text cut to 80 characters; it goes back to the sender only, never to a log. ``remedy`` says what to do.
    """

    field: str
    code: str
    message: str
    remedy: str = ""
    value: str | None = None

    def as_dict(self) -> dict[str, str]:
        """The error as JSON-ready pairs, empty parts left out; a field may be one whose name is empty."""
        parts = {"field": self.field, "code": self.code, "message": self.message, "remedy": self.remedy}
        if self.value is not None:
            parts["value"] = self.value
        return {key: text for key, text in parts.items() if text or key == "field"}


class AppError(Exception):
    """Base of every error the product raises on purpose; ``code`` never changes once released."""

    status = 500
    code = "internal"
    title = "Something went wrong"

    def __init__(self, detail: str, *, fields: tuple[FieldError, ...] = (), code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields
        if code is not None:
            self.code = code


class Invalid(AppError):
    """The input breaks a rule; ``fields`` name each one."""

    status, code, title = 422, "invalid", "The request is not valid"


class Unauthenticated(AppError):
    """No credentials, or credentials that do not hold."""

    status, code, title = 401, "unauthenticated", "Sign in first"


class Forbidden(AppError):
    """The actor is known and lacks the scope."""

    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(AppError):
    """No such thing for this actor; another agency's record looks exactly like a missing one."""

    status, code, title = 404, "not_found", "Not found"


class Conflict(AppError):
    """The state does not allow it now, or the same key came with another body; ``current`` is the record as it stands, ready for
    JSON, where the caller may see it.
    """

    status, code, title = 409, "conflict", "Conflict with the present state"

    def __init__(
        self,
        detail: str,
        *,
        fields: tuple[FieldError, ...] = (),
        code: str | None = None,
        current: dict[str, object] | None = None,
    ) -> None:
        super().__init__(detail, fields=fields, code=code)
        self.current = current


class Stale(AppError):
    """``If-Match`` names an older version; ``current`` is the record as it stands, ready for JSON."""

    status, code, title = 412, "stale_version", "The record has changed"

    def __init__(self, detail: str, *, current: dict[str, object]) -> None:
        super().__init__(detail)
        self.current = current


class RateLimited(AppError):
    """Too many requests; ``retry_after`` in seconds."""

    status, code, title = 429, "rate_limited", "Too many requests"

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(AppError):
    """A store or vendor does not answer; the only error that workers retry."""

    status, code, title = 503, "unavailable", "A service does not answer"
