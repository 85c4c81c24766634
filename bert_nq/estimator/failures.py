"""TensorFlow's errors that a person can do something about, as UserErrors of one line each."""
import contextlib
import logging
from typing import Iterator

from bert_nq.base.errors import UserError
from bert_nq.modeling.runtime import reason, tf

# Errors of disks, folders, checkpoints and the network, not of our graphs.
_OF_THE_OUTSIDE_WORLD = (
    tf.errors.DataLossError, tf.errors.OutOfRangeError, tf.errors.NotFoundError,
    tf.errors.PermissionDeniedError, tf.errors.UnauthenticatedError, tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError)


class _NotRecorded(logging.Filter):
    """Drops TPUEstimator's log line on an exception that it raises a moment later."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Error recorded from")


@contextlib.contextmanager
def as_user_error(what: str) -> Iterator[None]:
    """In this block, errors of TensorFlow that a person can put right are raised as UserErrors.

    Args:
      what: what is being done, such as "training", for messages.
    """
    logger = logging.getLogger("tensorflow")
    not_recorded = _NotRecorded()  # one of its own, since blocks may be nested
    logger.addFilter(not_recorded)
    try:
        yield
    except tf.errors.ResourceExhaustedError as e:
        if "space left" in reason(e):
            raise UserError("%s stopped: make room: %s" % (what, reason(e))) from e
        raise UserError("%s needs more memory than there is: lower the batch size or "
                        "--max_seq_length (%s)" % (what, reason(e))) from e
    except _OF_THE_OUTSIDE_WORLD as e:
        raise UserError("%s stopped: %s" % (what, reason(e))) from e
    except RuntimeError as e:
        if "Cannot find any TPU" not in str(e):
            raise
        raise UserError("%s: there is no TPU here: leave out --use_tpu, or name one with "
                        "--tpu_name" % what) from e
    finally:
        logger.removeFilter(not_recorded)
