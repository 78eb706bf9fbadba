"""docker-compose.yml, Dockerfile and wheel fit the code: names, images, health, secrets, data files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from store.embedded import binaries
from tests.architecture.test_packages import PACKAGES, ROOT
from tests.architecture.test_settings_documented import setting_names

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"migrate", "api", "worker"}
EXAMPLE = (ROOT / ".env.compose.example").read_text()


def test_the_services_are_those_that_the_server_profile_needs() -> None:
    assert set(SERVICES) == {"postgres", "redis", "neo4j", "qdrant", "nats"} | OURS


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_when_it_is_well_or_runs_once(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name == "migrate":
        assert check == {"disable": True}
        return
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - OURS))
def test_an_image_is_pinned_and_its_data_lie_in_a_named_volume(name: str) -> None:
    assert re.fullmatch(r"[a-z/0-9]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?", SERVICES[name]["image"])
    named = [mount.split(":")[0] for mount in SERVICES[name]["volumes"] if not mount.startswith(".")]
    assert named
    assert set(named) <= set(COMPOSE["volumes"])


def test_only_the_api_is_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"api"}


@pytest.mark.parametrize("name", ["api", "worker"])
def test_a_process_waits_for_the_migration_and_for_every_store(name: str) -> None:
    waits = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
    assert waits.pop("migrate") == "service_completed_successfully"
    assert waits == dict.fromkeys(("redis", "neo4j", "qdrant", "nats"), "service_healthy")


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_have_settings_that_exist_and_few_rights(name: str) -> None:
    service = SERVICES[name]
    assert {key for key in service["environment"] if key.startswith("LEADWRIGHT_")} <= setting_names()
    assert all(key.startswith("LEADWRIGHT_") for key in service["environment"])
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert ("LEADWRIGHT_POSTGRES__OWNER_URL" in service["environment"]) == (name == "migrate")


def test_every_secret_must_be_given_and_the_example_gives_none() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = dict(re.findall(r"\$\{([A-Z0-9_]+)(:\?run make secrets|:-[^}]*)\}", text))
    assert set(re.findall(r"\$\{([A-Z0-9_]+)", text)) == set(asked)
    listed = dict(line.split("=", 1) for line in EXAMPLE.splitlines() if line and not line.startswith("#"))
    assert set(listed) == set(asked)
    for name, how in asked.items():
        optional = name in {"LLM_API_KEY", "LLM_BASE_URL", "API_PORT"}
        assert how.startswith(":-") == optional
        assert not listed[name] or name == "API_PORT"


def test_make_secrets_writes_each_once_for_this_user_alone(tmp_path: Path) -> None:
    for name in ("Makefile", ".env.compose.example"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    for _ in range(2):
        subprocess.run(["make", "-s", "secrets"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    made = tmp_path / ".env.compose"
    written = dict(line.split("=", 1) for line in made.read_text().splitlines() if line and not line.startswith("#"))
    secrets = {
        name: value for name, value in written.items() if name.endswith(("PASSWORD", "SECRET", "QDRANT_API_KEY"))
    }
    assert len(secrets) == 8
    assert all(re.fullmatch(r"k[0-9a-f]{48}", value) for value in secrets.values())
    assert len(set(secrets.values())) == len(secrets)
    assert (written["LLM_API_KEY"], written["API_PORT"]) == ("", "8000")
    assert made.stat().st_mode & 0o077 == 0
    before = made.read_text()
    os.utime(tmp_path / ".env.compose.example")
    subprocess.run(["make", "-s", "secrets"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert made.read_text() == before, "secrets in use are never replaced"


def test_the_configuration_of_nats_is_one_that_nats_takes(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(binaries.nats()), "-t", "-c", str(ROOT / "deploy" / "nats.conf")], capture_output=True, text=True, check=False,
        env={"NATS_PASSWORD": "k0123456789", "NATS_STORE": str(tmp_path)}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_image_has_two_stages_no_compilers_and_no_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    _, build, runtime = text.split("\nFROM ")
    assert "--frozen" in build
    assert "--require-hashes" in build
    assert re.search(r"^USER 10001$", runtime, re.MULTILINE)
    assert "HEALTHCHECK" in runtime
    assert "apt-get" not in runtime
    assert "pip install" not in runtime
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == {
        "pyproject.toml", "uv.lock", "README.md", *PACKAGES,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_wheel_is_the_checkout_and_runs_without_it(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv is not in this environment")
    built = subprocess.run(
        [str(uv), "build", "--wheel", "--quiet", "--out-dir", str(tmp_path), str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if built.returncode != 0 and "fetch" in built.stderr.lower():
        pytest.skip(f"the build backend cannot be fetched: {built.stderr.strip().splitlines()[-1]}")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    there = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == there
    assert any(name.endswith(".npz") for name in inside)
    assert any(name.endswith(".cypher") for name in inside)
    folder = tmp_path / "clean"
    subprocess.run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(uv), "pip", "install", "--quiet", "--no-deps", "--python", str(python), str(wheel)], check=True)
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    # The dependencies of this environment, behind the wheel; a path in a .pth file brings no editable install with it.
    libraries = Path(yaml.__file__).parents[1]
    (Path(site) / "dependencies.pth").write_text(f"{libraries}\n")
    home = tmp_path / "home"
    environment = {"PATH": "/usr/bin:/bin", "LEADWRIGHT_HOME": str(home), "LANG": "C.UTF-8"}
    tmp_path.chmod(0o711)
    run = [str(folder / "bin" / "leadwright")]
    helped = subprocess.run(
        [*run, "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert helped.returncode == 0, helped.stderr
    where = "import cli.main, sys; print(cli.main.__file__)"
    found = subprocess.run(
        [str(python), "-c", where], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(folder))
    doctor = subprocess.run(
        [*run, "doctor"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "ok   prompts: frozen" in doctor.stdout
    assert "ok   models: shipped" in doctor.stdout
