"""A look at the other workers of a cluster: are they there?

Before TensorFlow starts its server on a worker's address, this module listens there until all have
met: then each has told each other what must be the same for all. From then on a worker is there
while its address takes connections and is not back in the hands of this module, which would mean
that it was started anew. No further port is needed, and nothing of TensorFlow.
"""
import contextlib
import json
import socket
import threading
import time
from typing import Callable, Dict, List, Mapping, Optional, Tuple

from bert_nq.base.errors import UserError
from bert_nq.estimator.cluster import Cluster

_CONNECT_SECONDS = 5.0
# TensorFlow's server waits for the other side to speak, this module speaks at once.
_GREETING_SECONDS = 2.0
_GREETING = b"bert_nq "
_LONGEST_LINE = 1 << 16  # bytes
# Both ways are tried: which worker listens first does not matter.
_SECONDS_BETWEEN_VISITS = 0.5


def gather(cluster: Cluster, facts: Mapping[str, object], report: Callable[[str], None],
           is_stopped: Callable[[], bool] = lambda: False, every_seconds: float = 30.0) -> bool:
    """Waits until all workers have met; each `every_seconds` reports who is missing.

    TensorFlow by itself would wait without a word, and deaf to signals.

    Args:
      cluster: the workers.
      facts: what must be the same for all workers, by the names that messages give it; as JSON.
      report: is given lines of progress.
      is_stopped: whether to wait no longer.
      every_seconds: from one line to the next.

    Returns:
      whether all have met.

    Raises:
      UserError: this worker's port cannot be listened on, or a fact differs.
    """
    start = last = time.time()
    with contextlib.closing(_Reception(cluster, facts)) as reception:
        while not is_stopped():
            for worker in reception.missing():
                reception.visit(worker)
            reception.compare()
            missing = reception.missing()
            if not missing:
                return True
            if time.time() - last >= every_seconds:
                last = time.time()
                report("waiting for %s, %d s so far" % (
                    ", ".join(map(cluster.describe, missing)), last - start))
            time.sleep(_SECONDS_BETWEEN_VISITS)
    return False


def others(cluster: Cluster) -> List[int]:
    """All workers but this one."""
    return [i for i in range(len(cluster.addresses)) if i != cluster.index]


def absent(cluster: Cluster) -> List[int]:
    """The other workers that do not answer or that are gathering anew; takes some seconds."""
    found: List[int] = []

    def look(worker):
        if not _is_at_work(cluster.addresses[worker]):
            found.append(worker)

    # Not a ThreadPoolExecutor, for whose threads Python would wait at its end.
    threads = [threading.Thread(target=look, args=(worker,), daemon=True)
               for worker in others(cluster)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def _is_at_work(address: str) -> bool:
    try:
        with _connection(address) as connection:
            connection.settimeout(_GREETING_SECONDS)
            try:
                return not connection.recv(len(_GREETING)).startswith(_GREETING)
            except socket.timeout:
                return True
    except OSError:  # Refused, out of reach, reset, or a name that is not known any more.
        return False


def _connection(address: str) -> socket.socket:
    return socket.create_connection(_host_and_port(address), _CONNECT_SECONDS)


def _host_and_port(address: str) -> Tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)  # [::1]:2222


class _Reception:
    """This worker's address while it meets the others; `close` it to give the port to TensorFlow.

    On each connection both sides say at once who they are, and their facts.
    """

    def __init__(self, cluster: Cluster, facts: Mapping[str, object]):
        self._cluster = cluster
        self._facts = json.loads(json.dumps(facts))
        self._line = _GREETING + json.dumps(
            {"worker": cluster.index, "workers": cluster.addresses, "facts": self._facts},
        ).encode("utf8") + b"\n"
        self._met: Dict[int, Mapping[str, object]] = {}
        self._odd: Optional[str] = None  # what is wrong with somebody's cluster
        self._socket = _listen(cluster)
        self._closed = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No longer listens."""
        self._closed = True
        self._thread.join()
        self._socket.close()

    def missing(self) -> List[int]:
        """The workers that have not been met."""
        return [i for i in others(self._cluster) if i not in self._met]

    def visit(self, worker: int) -> None:
        """Meets a worker if it is there."""
        with contextlib.suppress(OSError, ValueError):  # Not there (yet), or somebody else.
            self._exchange(_connection(self._cluster.addresses[worker]))

    def compare(self) -> None:
        """Raises UserError where another worker's cluster or facts differ from this one's."""
        if self._odd:
            raise UserError("this worker's TF_CONFIG %s" % self._odd)
        for worker, facts in sorted(self._met.items()):
            for name, value in self._facts.items():
                if facts.get(name) != value:
                    raise UserError("%s has %s %s, this worker, %s, has %s: start all workers "
                                    "with the same command" % (
                                        self._cluster.describe(worker), name, facts.get(name),
                                        self._cluster.describe(self._cluster.index), value))

    def _receive(self) -> None:
        while not self._closed:
            with contextlib.suppress(OSError, ValueError):  # Nobody came, or somebody else.
                self._exchange(self._socket.accept()[0])

    def _exchange(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_CONNECT_SECONDS)
            connection.sendall(self._line)
            with connection.makefile("rb") as stream:
                line = stream.readline(_LONGEST_LINE)
        if not (line.startswith(_GREETING) and line.endswith(b"\n")):
            return  # It only looked, or is TensorFlow's server of a run that is not over.
        said = json.loads(line[len(_GREETING):].decode("utf8"))
        if said["workers"] != list(self._cluster.addresses):
            self._odd = "names the workers %s, and another worker's %s" % (
                ", ".join(self._cluster.addresses), ", ".join(said["workers"]))
        elif said["worker"] == self._cluster.index:
            self._odd = "is that of another process as well, which says that it is %s" % (
                self._cluster.describe(self._cluster.index))
        else:
            self._met[said["worker"]] = said["facts"]


def _listen(cluster: Cluster) -> socket.socket:
    """A socket that listens on this worker's port."""
    _, port = _host_and_port(cluster.addresses[cluster.index])
    # The first takes connections of both kinds, where the machine has IPv6 at all.
    for family, host in ((socket.AF_INET6, "::"), (socket.AF_INET, "")):
        try:
            return _bound(family, (host, port))
        except OSError as e:
            error = e
    raise UserError("cannot listen on port %d, which TF_CONFIG gives to this worker, %s: %s"
                    % (port, cluster.describe(cluster.index), error.strerror)) from error


def _bound(family: int, address: Tuple[str, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(128)
        listener.settimeout(0.2)
    except OSError:
        listener.close()
        raise
    return listener
