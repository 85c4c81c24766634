"""Chromium without a window, driven over its DevTools protocol, for tests of HTML files."""
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
    """The path of a Chromium; None where none is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One Chromium, as a context manager.

    Commands go through a pipe that it reads as file 3, answers come through one that it writes as
    file 4: no port is opened.
    """

    def __init__(self, profile):
        read_end, self._commands = os.pipe()
        self._answers, write_end = os.pipe()

        def connect():
            # By way of high numbers, lest one of the two overwrites the other.
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
        """A new page that has loaded `url`."""
        return Page(self, url)

    def call(self, method, session=None, **parameters):
        """The result of a command; events that come before it are kept."""
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
        """The first event that is wanted, of those that have come and those to come."""
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
        """Loads `url` and waits for it and all it needs."""
        with self.loading():
            self.call("Page.navigate", url=url)

    @contextlib.contextmanager
    def loading(self):
        """Waits until what the block makes the page load is there."""
        self._browser.events = [e for e in self._browser.events if not self._is_loaded(e)]
        yield
        self._browser.wait_for(self._is_loaded)

    def _is_loaded(self, event):
        return (event.get("sessionId"), event.get("method")) == (self._session,
                                                                 "Page.loadEventFired")

    def events(self, method):
        """The parameters of the page's events of a kind, such as Network.requestWillBeSent."""
        self.value("0")  # Whatever was under way has been told of when this is answered.
        return [e["params"] for e in self._browser.events
                if (e.get("sessionId"), e.get("method")) == (self._session, method)]

    def value(self, expression):
        """What a JavaScript expression gives, or the promise that it gives comes to."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def press(self, key):
        """Presses a key and lets it go."""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key,
                  text=key if len(key) == 1 else "")
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def screenshot(self, path, width=1400, height=1000, dark=False):
        """Writes a PNG of what is seen; for people, tests have no need of it."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        data = self.call("Page.captureScreenshot")["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))
