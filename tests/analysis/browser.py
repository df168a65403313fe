"""A browser without a network, driven over a pipe by its DevTools protocol: many pages for one start."""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

BROWSER = next((path for name in ("chromium", "google-chrome", "chrome") if (path := shutil.which(name))), None)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--mute-audio", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
PATIENCE = 120.0  # seconds for an answer, on a machine that has much else to do
KEYS = {"Enter": (13, "\r"), "ArrowRight": (39, "")}  # code and text
SETTLED = """new Promise(done => {
  const plots = [...document.querySelectorAll(".plot, .block")];
  const isDrawn = plot => plot.querySelector(plot.matches(".block") ? "svg" : "svg[aria-hidden]");
  const look = () => plots.every(plot => plot.closest("details:not([open])") || isDrawn(plot))
    ? requestAnimationFrame(() => requestAnimationFrame(done)) : requestAnimationFrame(look);
  look();
})"""
HIGH = 900  # pixels of the window


class Browser:
    """Chromium; a context, as its processes have to end."""

    def __init__(self, profile: Path) -> None:
        theirs_in, self._in = os.pipe()
        self._out, theirs_out = os.pipe()
        words = [str(BROWSER), *QUIET, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        pipes = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["bash", "-c", pipes, "bash", *words], pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._sent, self._rest = 0, b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, AssertionError):
            self.send("Browser.close")
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            os.close(self._in)
            os.close(self._out)

    def send(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The answer to a command; what happens meanwhile is in `events`."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        text = json.dumps(message | ({"sessionId": session} if session else {}))
        os.write(self._in, text.encode() + b"\0") if len(text) < 60_000 else self._write(text.encode() + b"\0")
        while (answer := self._next()).get("id") != self._sent:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        found: dict[str, Any] = answer["result"]
        return found

    def wait(self, method: str, session: str) -> None:
        """Until that has happened since the last look."""
        while not any(e.get("method") == method and e.get("sessionId") == session for e in self.events):
            self.events.append(self._next())

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._in, data[:60_000]) :]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._out], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            read = os.read(self._out, 1 << 20)
            assert read, "the browser has ended"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


class Page:
    """One page in a tab of its own: what its scripts say, what it asks of the network, and what is in it."""

    def __init__(self, browser: Browser, path: Path, *, width: int = 1280, dark: bool = False, first: str = "") -> None:
        """`first` is run before any script of the page, whenever it is loaded."""
        self._browser = browser
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self._target, self._session = (
            target,
            browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"],
        )
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=HIGH, deviceScaleFactor=1, mobile=False)
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        self.theme(dark=dark)
        self.send("Page.addScriptToEvaluateOnNewDocument", source=first)
        browser.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        browser.wait("Page.loadEventFired", self._session)
        self.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.send("Target.closeTarget", targetId=self._target)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.send(method, self._session, **parameters)

    def theme(self, *, dark: bool) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def run(self, script: str) -> Any:
        """The value of an expression, awaited where it is a promise."""
        answer = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def settle(self) -> None:
        """Until every plot that can be seen is drawn, and two frames more."""
        self.run(SETTLED)

    def press(self, key: str, at: str) -> None:
        """A key, where the element of that selector has the focus."""
        assert self.run(
            f"document.querySelector({json.dumps(at)}).focus(), document.activeElement.matches({json.dumps(at)})"
        )
        text = {"text": KEYS[key][1]} if KEYS[key][1] else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=KEYS[key][0], **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=KEYS[key][0])
        self.settle()

    def until(self, condition: str) -> None:
        """Look at every frame, on whatever page has been loaded meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while not self._holds(condition):
            assert time.monotonic() < deadline, condition

    def _holds(self, condition: str) -> bool:
        frame = f"new Promise(done => requestAnimationFrame(() => done(Boolean({condition}))))"
        try:
            return bool(self.run(frame))
        except AssertionError as error:  # the page was left while it was asked
            if "navigated" not in str(error) and "context" not in str(error):
                raise
            return False

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """A PNG of the page as it is."""
        found = self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def complaints(self) -> list[str]:
        """Errors and warnings of its scripts, dialogs it opened, and everything it asked of the network."""
        return [
            text for event in self._browser.events if event.get("sessionId") == self._session and (text := _said(event))
        ]


def _said(event: dict[str, Any]) -> str:
    what = event.get("params", {})
    match event.get("method"):
        case "Runtime.exceptionThrown":
            return str(what["exceptionDetails"].get("exception", {}).get("description", what))
        case "Runtime.consoleAPICalled":
            return f"console.{what['type']}: {[one.get('value') for one in what['args']]}"
        case "Log.entryAdded":
            return str(what["entry"]["text"])
        case "Page.javascriptDialogOpening":
            return f"dialog: {what['message']}"
        case "Network.requestWillBeSent" if not what["request"]["url"].startswith(("file:", "data:", "blob:")):
            return f"request: {what['request']['url']}"
    return ""
