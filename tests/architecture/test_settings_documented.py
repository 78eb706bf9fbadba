"""Every setting has its line in .env.example, with the default that the code has."""

from __future__ import annotations

from pydantic import BaseModel, SecretStr

from kernel.settings import Settings
from tests.architecture.test_packages import ROOT


def _names(model: type[BaseModel], prefix: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= _names(field.annotation, f"{prefix}{name.upper()}__")
        else:
            assert field.description, f"{prefix}{name} says nothing about itself"
            found[f"{prefix}{name.upper()}"] = field.get_default(call_default_factory=True)
    return found


def setting_names() -> set[str]:
    """The environment name of every setting."""
    return set(_names(Settings, "LEADWRIGHT_"))


def test_example_file_lists_every_setting_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    listed = dict(line.removeprefix("# ").split("=", 1) for line in lines if line.startswith("# LEADWRIGHT_"))
    wanted = {
        name: "" if value is None or isinstance(value, SecretStr) else str(value)
        for name, value in _names(Settings, "LEADWRIGHT_").items()
    }
    assert listed == wanted
