"""Many files at once."""
import queue
import threading
from typing import Callable, Dict, List, NamedTuple, Sequence

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import web
from bert_nq.datasets.nq.downloading.catalogue import object_url
from bert_nq.datasets.nq.downloading.fetching import Fetch, Fetched, StoppedError
from bert_nq.datasets.nq.downloading.inventory import Item
from bert_nq.datasets.nq.downloading.ledger import Entry, Ledger

_PATIENCE_AT_END = 2.0  # seconds for threads to notice that they shall stop


class Totals(NamedTuple):
    """Of all files to fetch, so far; bytes."""
    files: int  # that are complete
    have: int  # on disk
    taken_over: int  # of these, what earlier runs had left
    received: int  # over the network
    retries: int


class Outcome(NamedTuple):
    totals: Totals
    failures: Dict[str, str]  # why, by path below the folder


def fetch_all(items: Sequence[Item], base_url: str, ledger: Ledger, policy: web.Policy,
              num_connections: int, report: Callable[[Totals], None] = lambda totals: None,
              tell: Callable[[str], None] = lambda text: None,
              every_seconds: float = 0.5) -> Outcome:
    """Fetches files over several connections, one for each file.

    A file that fails does not hold up the others.

    Args:
      items: the files.
      base_url: of the bucket or its mirror.
      ledger: of the folder, which no other process may write to meanwhile.
      policy: how patient to be.
      num_connections: how many at once.
      report: told the totals every now and then, in the calling thread.
      tell: told of retries and failures, in any thread, by one thread at a time.
      every_seconds: the pause between two reports.

    Raises:
      KeyboardInterrupt: after the threads were told to stop; parts are kept.
    """
    stop = threading.Event()
    telling = threading.Lock()

    def tell_alone(text: str) -> None:
        with telling:
            tell(text)

    fetches = [Fetch(item.file, object_url(base_url, item.file.name), item.path, policy, stop,
                     tell_alone) for item in items]
    waiting: queue.Queue[Fetch] = queue.Queue()
    for fetch in fetches:
        waiting.put(fetch)
    ended: queue.Queue = queue.Queue()
    # Daemons, since one that hangs in a read must not keep the process alive: parts are whole at
    # any moment.
    threads = [threading.Thread(target=_work, args=(waiting, ended, ledger, base_url), daemon=True)
               for _ in range(min(num_connections, len(fetches)))]
    try:
        for thread in threads:
            thread.start()
        return _watch(fetches, ended, report, tell_alone, every_seconds)
    finally:
        stop.set()
        for thread in threads:
            thread.join(_PATIENCE_AT_END / len(threads))


def _work(waiting: "queue.Queue[Fetch]", ended: "queue.Queue", ledger: Ledger,
          base_url: str) -> None:
    """Fetches files until none is waiting; each ends as (fetch, None or what was raised)."""
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
        except BaseException as e:  # Whatever it is, it must reach the thread that waits.
            ended.put((fetch, e))
        else:
            ended.put((fetch, None))


def _watch(fetches: List[Fetch], ended: "queue.Queue", report: Callable[[Totals], None],
           tell: Callable[[str], None], every_seconds: float) -> Outcome:
    """Waits for all fetches, reporting."""
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
            tell("failed: %s" % error)
        else:
            raise error
    totals = _totals(fetches, complete)
    report(totals)
    return Outcome(totals, failures)


def _totals(fetches: Sequence[Fetch], complete: int) -> Totals:
    return Totals(complete, *(sum(getattr(fetch, name) for fetch in fetches)
                              for name in Totals._fields[1:]))
