"""A local Hugging Face hub with the parts that downloading a model's files needs."""
import contextlib
import hashlib
import http.server
import json
import os
import re
import threading

COMMIT = "0123456789" * 4


class Hub(http.server.ThreadingHTTPServer):
    """The server.

    Attributes:
      models: {"OWNER/NAME": {file name: its bytes}}; all have the revisions main and refs/pr/1.
      gated: models whose files are refused.
      log: the names of the files that were sent.
    """

    daemon_threads = True

    def __init__(self, models):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.models = models
        self.gated = set()
        self.log = []

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server_port


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self):  # noqa: N802, http.server's name
        status, headers, body = self._answer()
        self.send_response(status)
        for name, value in dict(headers, **{"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def _answer(self):
        path = self.path.split("?")[0].replace("%2F", "/")
        found = re.match(r"/(api/models/)?(\w+/\w+)/(revision|tree|resolve)/"
                         r"(main|refs/pr/1|%s|\w+)(?:/(.*))?$" % COMMIT, path)
        if not found:
            return 404, {}, b""
        api, model, what, revision, name = found.groups()
        if model not in self.server.models:
            return 404, {"X-Error-Code": "RepoNotFound"}, b""
        if revision not in ("main", "refs/pr/1", COMMIT):
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        if model in self.server.gated:
            return 403, {"X-Error-Code": "GatedRepo"}, b""
        files = self.server.models[model]
        if api and what == "revision":
            return _json({"id": model, "modelId": model, "sha": COMMIT, "private": False,
                          "tags": [], "siblings": [{"rfilename": name} for name in files]})
        if api and what == "tree":
            return _json([{"type": "file", "path": name, "size": len(data), "oid": _hash(data)}
                          for name, data in files.items()])
        if name not in files:
            return 404, {"X-Error-Code": "EntryNotFound"}, b""
        if self.command == "GET":
            self.server.log.append(name)
        return 200, {"ETag": '"%s"' % _hash(files[name]), "X-Repo-Commit": COMMIT}, files[name]

    def log_message(self, *unused):
        """Logs nothing."""


def _json(value):
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode("ascii")


def _hash(data):
    return hashlib.sha256(data).hexdigest()


def environment(endpoint, cache):
    """The environment of a process whose client uses the hub at `endpoint`, whatever ours says."""
    return dict(os.environ, HF_ENDPOINT=endpoint, HF_HOME=str(cache), HF_HUB_OFFLINE="0",
                HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1", NO_PROXY="127.0.0.1")


@contextlib.contextmanager
def serving(models):
    """Runs a Hub until the block ends."""
    with Hub(models) as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
