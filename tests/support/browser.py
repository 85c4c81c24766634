"""Headless Chromium, driven over its DevTools protocol, for tests of HTML files."""
import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
          "--disable-background-networking", "--disable-component-update", "--disable-sync",
          "--disable-dev-shm-usage", "--remote-debugging-pipe")
_SECONDS = 60


def find():
    """The path of a Chromium; None if none is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A running Chromium, as a context manager.

    It reads commands from a pipe, its file 3, and writes answers to another, its file 4: no port is
    opened.
    """

    def __init__(self, profile):
        read_end, self._commands = os.pipe()
        self._answers, write_end = os.pipe()

        def connect():
            # First to high numbers, so that neither of the two overwrites the other.
            there, back = os.dup(read_end), os.dup(write_end)
            os.dup2(there, 3)
            os.dup2(back, 4)
            for end in (3, 4):
                os.set_inheritable(end, True)

        self._process = subprocess.Popen(
            [find(), *_FLAGS, "--user-data-dir=%s" % profile, "about:blank"], preexec_fn=connect,
            close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read_end)
        os.close(write_end)
        self._received = b""
        self._last_id = 0
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._process.kill()
        self._process.wait()
        os.close(self._commands)
        os.close(self._answers)

    def open(self, url):
        """Opens `url` in a new page and waits until it has loaded."""
        return Page(self, url)

    def call(self, method, session=None, **parameters):
        """Sends a command and returns its result; events that come before it are kept."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode("ascii") + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._last_id:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, is_wanted):
        """The first event, earlier or future, for which `is_wanted` is true."""
        while True:
            for event in self.events:
                if is_wanted(event):
                    return event
            self.events.append(self._receive())

    def _receive(self):
        until = time.time() + _SECONDS
        while b"\0" not in self._received:
            assert select.select([self._answers], [], [], max(0, until - time.time()))[0], (
                "the browser does not answer")
            data = os.read(self._answers, 1 << 16)
            assert data, "the browser has ended"
            self._received += data
        message, self._received = self._received.split(b"\0", 1)
        return json.loads(message.decode("utf8"))


class Page:
    """A page of the browser."""

    def __init__(self, browser, url):
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target,
                                     flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.go(url)

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def go(self, url):
        """Loads `url` and waits until it has loaded completely."""
        with self.loading():
            self.call("Page.navigate", url=url)

    @contextlib.contextmanager
    def loading(self):
        """Runs the block, which makes the page load something, and waits until it has loaded."""
        self._browser.events = [e for e in self._browser.events if not self._is_loaded(e)]
        yield
        self._browser.wait_for(self._is_loaded)

    def _is_loaded(self, event):
        return (event.get("sessionId"), event.get("method")) == (self._session,
                                                                 "Page.loadEventFired")

    def events(self, method):
        """The parameters of the page's events of a kind, such as Network.requestWillBeSent."""
        self.value("0")  # All earlier events have come when this is answered.
        return [e["params"] for e in self._browser.events
                if (e.get("sessionId"), e.get("method")) == (self._session, method)]

    def value(self, expression):
        """The value of a JavaScript expression; a promise is awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def press(self, key):
        """Presses and releases a key."""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key,
                  text=key if len(key) == 1 else "")
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def screenshot(self, path, width=1400, height=1000, dark=False):
        """Writes a PNG of the page; for developers, tests do not need it."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        data = self.call("Page.captureScreenshot")["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))
