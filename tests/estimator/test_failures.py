"""TensorFlow's errors that a person can mend, as one line; the others as they are."""
import logging

import pytest

from bert_nq.base.errors import UserError
from bert_nq.estimator.failures import as_user_error, reason
from bert_nq.modeling.runtime import tf

TF2_REPORT = """Graph execution error:

Detected at node 'save/RestoreV2' defined at (most recent call last):
    File "run_nq.py", line 224, in <module>
Node: 'save/RestoreV2'
Key bert/pooler/dense/bias not found in checkpoint
\t [[{{node save/RestoreV2}}]]

Original stack trace for 'save/RestoreV2':
"""


def error_of(kind, message):
    return kind(None, None, message)


@pytest.mark.parametrize("message, line", [
    ("truncated record at 8802\n\t [[node IteratorGetNext (defined at x.py:1) ]]",
     "truncated record at 8802"),
    (TF2_REPORT, "Key bert/pooler/dense/bias not found in checkpoint"),
    ("2 root error(s) found.\n  (0) Not found: a/b; No such file\n\t [[node x]]\n  (1) Not found",
     "Not found: a/b; No such file"),
])
def test_the_reason_is_the_line_that_says_what_happened(message, line):
    assert reason(error_of(tf.errors.NotFoundError, message)) == line


@pytest.mark.parametrize("kind", [tf.errors.NotFoundError, tf.errors.PermissionDeniedError,
                                  tf.errors.DataLossError, tf.errors.UnavailableError])
def test_what_the_outside_world_did_is_told_in_one_line(kind):
    with pytest.raises(UserError) as e, as_user_error("training"):
        raise error_of(kind, TF2_REPORT)
    assert str(e.value) == "training stopped: Key bert/pooler/dense/bias not found in checkpoint"


@pytest.mark.parametrize("message, line", [
    ("OOM when allocating tensor\n[[node]]",
     "prediction needs more memory than there is: lower the batch size or --max_seq_length (OOM "
     "when allocating tensor)"),
    ("model.ckpt-0.tempstate1; No space left on device",
     "prediction stopped: make room: model.ckpt-0.tempstate1; No space left on device"),
])
def test_too_little_memory_or_disk_says_what_to_do(message, line):
    with pytest.raises(UserError) as e, as_user_error("prediction"):
        raise error_of(tf.errors.ResourceExhaustedError, message)
    assert str(e.value) == line


@pytest.mark.parametrize("error", [
    error_of(tf.errors.InvalidArgumentError, "shapes"), error_of(tf.errors.InternalError, "?"),
    RuntimeError("of the code"), ValueError("of the code"), UserError("told already")])
def test_other_errors_stay_as_they_are(error):
    with pytest.raises(type(error)) as e, as_user_error("training"):
        raise error
    assert e.value is error


def test_the_estimator_does_not_tell_of_an_error_that_it_raises(caplog):
    with as_user_error("training"):
        logging.getLogger("tensorflow").error("Error recorded from training_loop: %s", "that")
        logging.getLogger("tensorflow").error("something else")
    logging.getLogger("tensorflow").error("Error recorded from outside")
    assert caplog.messages == ["something else", "Error recorded from outside"]
