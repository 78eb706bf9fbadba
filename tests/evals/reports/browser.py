"""A headless Chromium without a network, spoken to over its DevTools protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chrome-headless-shell")


def find_browser() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page. ``requests`` has the URL of everything it asked for, ``errors`` what its console and scripts complained of."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last = 0
        self.requests: list[str] = []
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == self._last:
                assert "error" not in message, message
                return dict(message["result"])
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message["method"] == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif message["method"] == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(params["exceptionDetails"])[:400])
        elif message["method"] == "Log.entryAdded":
            self.errors.append(params["entry"]["text"])
        elif message["method"] == "Page.javascriptDialogOpening":
            self.errors.append("a dialog opened")

    def open(self, path: Path, fragment: str = "") -> None:
        """A file from disk, loaded to its end."""
        self.call("Page.navigate", url=path.as_uri() + fragment)
        for _ in range(300):
            if self.run("document.readyState") == "complete" and self.run("location.protocol") == "file:":
                return
            time.sleep(0.05)
        raise TimeoutError(path)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        got = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in got, got
        return got["result"].get("value")

    def press(self, key: str) -> None:
        """A key, down and up."""
        text = {"Enter": "\r"}.get(key)
        code = {"Enter": 13, "Tab": 9}[key]
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more)

    def shoot(self, path: Path, *, width: int, height: int = 900, dark: bool = False, whole: bool = False) -> None:
        """A picture as a PNG."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        got = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(got["data"]))


@contextmanager
def open_tab(browser: str) -> Iterator[Tab]:
    """A browser of its own, ended at the end; every host name leads nowhere."""
    with tempfile.TemporaryDirectory(prefix="lw-browser", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-port=0",
                f"--user-data-dir={profile}", "about:blank",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with connect(_address(Path(profile), process), max_size=None) as socket:
                yield Tab(socket)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """The page's address, once the browser has written its port down."""
    import httpx  # noqa: PLC0415

    said = profile / "DevToolsActivePort"
    for _ in range(600):
        assert process.poll() is None, "the browser ended at once"
        if said.exists() and len(lines := said.read_text().splitlines()) == 2:
            pages = httpx.get(f"http://127.0.0.1:{lines[0]}/json/list", trust_env=False).json()
            page = next((one for one in pages if one["type"] == "page"), None)
            if page is not None:
                return str(page["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise TimeoutError("the browser did not open its port")
