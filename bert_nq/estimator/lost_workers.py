"""Stops a worker when another one is lost, since none can go on without all.

When a process of a cluster ends, TensorFlow's others wait for it for ever, in a step (1.15, and
2.15 when the chief still runs) or by making one session after the other (2.15 without a chief).
Nothing in Python runs meanwhile. So a thread looks after the other workers, and when one is gone:

    in a hook     the next step raises the error
    in a step     the session is closed, which ends the step on TensorFlow 2.15
    else          the process is ended after some seconds
"""
import contextlib
import os
import sys
import threading
import time
from typing import Callable, Dict, Iterator, List, Optional

from bert_nq.base.errors import UserError
from bert_nq.estimator import peers
from bert_nq.estimator.cluster import Cluster
from bert_nq.modeling.runtime import tf

# A worker is lost when it was away in so many looks, one after the other.
_LOOKS = 3
_SECONDS_BETWEEN_LOOKS = 3.0
# Time for TensorFlow to come back from a step by itself.
_GRACE_SECONDS = 5.0


class _TrainingOverError(Exception):
    """The chief is gone because it had reason to end before the last step."""


@contextlib.contextmanager
def noticed(cluster: Cluster, report: Callable[[str], None],
            is_over: Callable[[], bool]) -> Iterator["LostWorkerHook"]:
    """Gives a hook, to be the first of the session's; errors in this block are raised as UserError
    where a worker was lost.

    Args:
      cluster: the workers, all of which have been there.
      report: is given the last line of a process that must be ended from without.
      is_over: asked when a worker is gone; where it says yes, this block just ends.
    """
    hook = LostWorkerHook(cluster, report, is_over)
    try:
        yield hook
    except _TrainingOverError:
        pass
    except tf.errors.OpError as e:
        # The error is there sooner than the thread is sure of its cause.
        hook.look_closely()
        if not hook.lost:
            raise
        if not is_over():
            raise UserError(hook.lost) from e
    finally:
        hook.stop()


class LostWorkerHook(tf.train.SessionRunHook):
    """Looks after the other workers until `stop`; `lost` then says which one is gone, if any."""

    def __init__(self, cluster: Cluster, report: Callable[[str], None],
                 is_over: Callable[[], bool]):
        self._cluster = cluster
        self._report = report
        self._is_over = is_over
        self._looks: Dict[int, int] = dict.fromkeys(peers.others(cluster), 0)  # in vain, in a row
        self._session: Optional[tf.Session] = None
        self._step: Optional[int] = None  # None until the session is ready
        # When TensorFlow took over, for a step or to make a session; None while Python runs.
        self._away_since: Optional[float] = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.lost: Optional[str] = None

    def begin(self):
        self._global_step = tf.train.get_global_step()
        self._away_since = time.time()
        self._thread.start()

    def after_create_session(self, session, coord):
        del coord
        self._away_since = None
        if self._step is not None:
            # TensorFlow has lost a connection, and would now go back to the last checkpoint alone.
            self.look_closely()
            self._end(self.lost or self._message("the connection to another worker broke"))
        self._session = session
        self._step = int(session.run(self._global_step))

    def before_run(self, run_context):
        if self.lost:
            self._end(self.lost)
        self._away_since = time.time()

    def after_run(self, run_context, run_values):
        self._away_since = None
        self._step += 1

    def end(self, session):
        # The others end as well, each in its own time.
        self.stop()

    def stop(self) -> None:
        """No longer looks after the others."""
        self._stopped.set()

    def look_closely(self) -> None:
        """Takes the time to find out whether a worker is lost."""
        for _ in range(_LOOKS):
            if self.lost or not self._look():
                return
            time.sleep(1)

    def _watch(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_LOOKS):
            self._look()
            if self.lost:
                self._come_back()
                return

    def _look(self) -> List[int]:
        """Counts who is away; returns them."""
        absent = peers.absent(self._cluster)
        for worker in self._looks:
            self._looks[worker] = self._looks[worker] + 1 if worker in absent else 0
        gone = [worker for worker in absent if self._looks[worker] >= _LOOKS]
        if gone and not self.lost:
            self.lost = self._message("%s is gone" % ", ".join(map(self._cluster.describe, gone)))
        return absent

    def _end(self, message: str) -> None:
        if self._is_over():
            raise _TrainingOverError()
        raise UserError(message)

    def _message(self, what: str) -> str:
        when = "" if self._step is None else " at step %d" % self._step
        return ("a worker was lost%s: %s; start all workers again with the same command, training "
                "goes on from the last checkpoint" % (when, what))

    def _come_back(self) -> None:
        """Gets the process out of TensorFlow, or ends it."""
        closing = None
        noticed_at = time.time()
        while not self._stopped.wait(0.1):
            since = self._away_since
            if since is None:
                continue
            if closing is None and self._session is not None:
                closing = threading.Thread(target=self._session.close, daemon=True)
                closing.start()
            if time.time() - max(since, noticed_at) > _GRACE_SECONDS:
                over = self._is_over()
                self._report("the chief has ended the training" if over else
                             "error: " + self.lost)
                sys.stdout.flush()
                os._exit(0 if over else 1)
