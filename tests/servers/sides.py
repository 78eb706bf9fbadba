"""Both sides of a port: a case is written once and runs on the embedded store and on a server of the other make."""

from __future__ import annotations

import pytest

EMBEDDED, SERVER = "embedded", "server"
SIDES = [EMBEDDED, pytest.param(SERVER, marks=pytest.mark.servers)]
