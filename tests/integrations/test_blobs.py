"""Files by hash in a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from integrations.blobs import LocalBlobs
from kernel.errors import NotFound, Unavailable
from kernel.ids import new_id


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_bytes_come_back_and_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    blobs, agency = LocalBlobs(tmp_path), new_id()
    first = await blobs.put(agency, b"policy")
    assert first == await blobs.put(agency, b"policy") == hashlib.sha256(b"policy").hexdigest()
    assert await blobs.get(agency, first) == b"policy"
    files = files_in(tmp_path)
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o077 == 0


async def test_another_agency_cannot_reach_them(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    sha256 = await blobs.put(new_id(), b"policy")
    with pytest.raises(NotFound):
        await blobs.get(new_id(), sha256)


async def test_a_damaged_file_is_noticed_and_a_path_is_no_hash(tmp_path: Path) -> None:
    blobs, agency = LocalBlobs(tmp_path), new_id()
    sha256 = await blobs.put(agency, b"policy")
    files_in(tmp_path)[0].write_bytes(b"forged")
    with pytest.raises(Unavailable):
        await blobs.get(agency, sha256)
    with pytest.raises(NotFound):
        await blobs.get(agency, "../../etc/passwd")


async def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        await LocalBlobs(tmp_path / "blobs").put(new_id(), b"policy")
