"""Where the servers come from: jars by Maven, Redis from the system or Debian's package.

A case is skipped, saying why, where one is not to be had.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.process import CACHE

_HERE = Path(__file__).parent / "neo4j"
_JAVA = (17, 21)
_PATIENCE = 400.0
_DEBIAN = ("redis-server", "redis-tools", "liblzf1", "libjemalloc2")


@dataclass(frozen=True)
class Program:
    """A program and the folder of libraries that it needs beyond the system's."""

    path: Path
    libraries: Path | None = None


def neo4j_jars() -> tuple[str, Path]:
    """The Java program and the folder of jars, exactly those of the lock."""
    java = _java()
    wanted = dict(reversed(line.split()) for line in (_HERE / "neo4j.lock").read_text().splitlines())
    version = next(name for name in wanted if name.startswith("neo4j-5")).removesuffix(".jar")
    folder = CACHE / version
    if not folder.is_dir():
        maven = shutil.which("mvn")
        if maven is None:
            pytest.skip("no Neo4j: Maven (mvn) is not installed")
        CACHE.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=CACHE))
        done = _run(
            maven, "-q", "-B", "-f", str(_HERE / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime",
            f"-DoutputDirectory={beside}",
        )  # fmt: skip
        if done is not None:
            shutil.rmtree(beside)
            pytest.skip(f"no Neo4j: Maven cannot fetch its jars ({done})")
        beside.replace(folder)
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.jar")}
    if found != wanted:
        shutil.rmtree(folder)
        other = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
        pytest.fail(f"jars are not those of neo4j.lock: {other[:5]}")
    return java, folder


def redis_program() -> Program:
    """A real Redis 7: the installed one, or Debian's packages unpacked beside the checkout's data."""
    installed = shutil.which("redis-server")
    if installed is not None:
        return Program(Path(installed))
    folder = CACHE / "redis"
    if not folder.is_dir():
        if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
            pytest.skip("no Redis: redis-server is not installed, and this is no Debian")
        CACHE.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=CACHE))
        problem = _run("apt-get", "download", *_DEBIAN, cwd=beside)
        for package in beside.glob("*.deb"):
            problem = problem or _run("dpkg", "-x", str(package), str(beside))
        if problem is not None:
            shutil.rmtree(beside)
            pytest.skip(f"no Redis: Debian's package is not to be had ({problem}); install redis-server")
        beside.replace(folder)
    libraries = next((path.parent for path in folder.glob("usr/lib/*/liblzf.so.1")), None)
    return Program(folder / "usr" / "bin" / "redis-server", libraries)


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        pytest.skip("no Neo4j: Java 17 or 21 is not installed")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    major = int(said.split('"')[1].split(".")[0]) if '"' in said else 0
    if major not in _JAVA:
        pytest.skip(f"no Neo4j: it runs on Java 17 or 21, and {java} is {major}")
    return java


def _run(*command: str, cwd: Path | None = None) -> str | None:
    """None when it went well, else the last line of what it said."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        return f"no answer in {_PATIENCE:.0f} s"
    return (
        None if done.returncode == 0 else ((done.stderr or done.stdout).strip().splitlines() or ["no word"])[-1][:200]
    )
