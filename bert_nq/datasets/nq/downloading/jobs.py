"""Fetches many files at once, one thread for each connection."""
import queue
import threading
from typing import Callable, Dict, List, NamedTuple, Sequence

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import web
from bert_nq.datasets.nq.downloading.catalogue import object_url
from bert_nq.datasets.nq.downloading.fetching import Fetch, Fetched, StoppedError
from bert_nq.datasets.nq.downloading.inventory import Item
from bert_nq.datasets.nq.downloading.ledger import Entry, Ledger

_STOP_SECONDS = 2.0  # time for all threads to notice that they should stop


class Totals(NamedTuple):
    """Progress over all files to fetch."""
    files: int  # complete files
    have: int  # bytes on disk
    taken_over: int  # of these, bytes left by earlier runs
    received: int  # bytes that came over the network
    retries: int


class FetchResult(NamedTuple):
    """The result of fetching many files."""
    totals: Totals
    failures: Dict[str, str]  # {path below the folder: reason}


def fetch_all(items: Sequence[Item], base_url: str, ledger: Ledger, policy: web.Policy,
              num_connections: int, report: Callable[[Totals], None] = lambda totals: None,
              log: Callable[[str], None] = lambda text: None,
              every_seconds: float = 0.5) -> FetchResult:
    """Fetches files over several connections at once.

    A file that fails does not hold up the others.

    Args:
      items: the files.
      base_url: the URL of the bucket or its mirror.
      ledger: the ledger of the folder, which no other process may write meanwhile.
      policy: timeouts and retries.
      num_connections: the number of files fetched at once.
      report: called with the totals at regular times, in the calling thread.
      log: called with a line of text at each retry or failure, in any thread but never in two at
        once.
      every_seconds: the pause between two reports.

    Raises:
      KeyboardInterrupt: after the threads were told to stop; parts are kept.
    """
    stop = threading.Event()
    log_lock = threading.Lock()

    def locked_log(text: str) -> None:
        with log_lock:
            log(text)

    fetches = [Fetch(item.file, object_url(base_url, item.file.name), item.path, policy, stop,
                     locked_log) for item in items]
    waiting: queue.Queue[Fetch] = queue.Queue()
    for fetch in fetches:
        waiting.put(fetch)
    ended: queue.Queue = queue.Queue()
    # Daemon threads, since one that hangs in a read must not keep the process alive. Parts are
    # consistent at any moment, so killing the threads does no harm.
    threads = [threading.Thread(target=_work, args=(waiting, ended, ledger, base_url), daemon=True)
               for _ in range(min(num_connections, len(fetches)))]
    try:
        for thread in threads:
            thread.start()
        return _watch(fetches, ended, report, locked_log, every_seconds)
    finally:
        stop.set()
        for thread in threads:
            thread.join(_STOP_SECONDS / len(threads))


def _work(waiting: "queue.Queue[Fetch]", ended: "queue.Queue", ledger: Ledger,
          base_url: str) -> None:
    """Fetches files until none is waiting; puts (fetch, None or its exception) in `ended`."""
    while True:
        try:
            fetch = waiting.get_nowait()
        except queue.Empty:
            return

        def record(fetched: Fetched, file=fetch.file) -> None:
            ledger.put(file.local, Entry(object_url(base_url, file.name), *fetched))

        try:
            fetch.run(record)
        except StoppedError:
            return
        except BaseException as e:  # Any error must reach the waiting thread.
            ended.put((fetch, e))
        else:
            ended.put((fetch, None))


def _watch(fetches: List[Fetch], ended: "queue.Queue", report: Callable[[Totals], None],
           log: Callable[[str], None], every_seconds: float) -> FetchResult:
    """Waits for all fetches and reports progress meanwhile."""
    complete, failures = 0, {}
    report(_totals(fetches, complete))
    while complete + len(failures) < len(fetches):
        try:
            fetch, error = ended.get(timeout=every_seconds)
        except queue.Empty:
            report(_totals(fetches, complete))
            continue
        if error is None:
            complete += 1
        elif isinstance(error, UserError):
            failures[fetch.file.local] = str(error)
            log("failed: %s" % error)
        else:
            raise error
    totals = _totals(fetches, complete)
    report(totals)
    return FetchResult(totals, failures)


def _totals(fetches: Sequence[Fetch], complete: int) -> Totals:
    return Totals(complete, *(sum(getattr(fetch, name) for fetch in fetches)
                              for name in Totals._fields[1:]))
