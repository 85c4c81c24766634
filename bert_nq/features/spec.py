"""A feature spec: the features of a task's records, which drives all that is done with records.

Writing, parsing, checking and inspecting know of records what a spec says and no more, so that a
new task's records are a new spec.
"""
from typing import Dict, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

SCALAR = "scalar"  # one value in each record
SEQUENCE = "sequence"  # S values, the same number for all sequences of a record

KEY = "key"  # names the record
INPUT = "input"  # what the model sees
LABEL = "label"  # what training compares the model's output with
DECODING = "decoding"  # what turns the model's output into an answer

IGNORED = -1  # a label that has no part in the loss

# Limits that depend on the model and not on the task.
VOCABULARY = "vocabulary"  # values are wordpiece ids
LENGTH = "length"  # values are places in a sequence, below S
SEGMENTS = "segments"  # values are 0 for the first text of a sequence, 1 for the second

TRAINING = "training"
PREDICTION = "prediction"
_ROLES = {TRAINING: (KEY, INPUT, LABEL), PREDICTION: (KEY, INPUT, DECODING)}


class Feature(NamedTuple):
    """One feature of a record, int64."""
    name: str
    shape: str  # SCALAR or SEQUENCE
    role: str  # KEY, INPUT, LABEL or DECODING
    limit: Union[int, str, None] = None  # values are in [least, limit), see Sizes; None: any int64
    classes: Tuple[str, ...] = ()  # the names of the values from 0, where these are classes
    least: int = 0  # -1 for a label that may be IGNORED


class Sizes(NamedTuple):
    """The sizes of a model that limit what may be in its records; by default, those of any."""
    vocab_size: int = 2 ** 31  # the model's ids are int32
    num_segments: int = 2  # that it tells apart

    def limit(self, feature: Feature, seq_length: int) -> Optional[int]:
        """What a feature's values are below, in sequences of S = `seq_length`; None: any int64."""
        limits = {VOCABULARY: self.vocab_size, LENGTH: seq_length, SEGMENTS: self.num_segments}
        return limits[feature.limit] if isinstance(feature.limit, str) else feature.limit


FeatureSpec = Tuple[Feature, ...]  # in the order in which records hold the features


def of_roles(spec: FeatureSpec, *roles: str) -> FeatureSpec:
    """The features that have one of `roles`."""
    return tuple(feature for feature in spec if feature.role in roles)


def of_purpose(spec: FeatureSpec, purpose: str) -> FeatureSpec:
    """The features of records made for TRAINING or for PREDICTION."""
    return of_roles(spec, *_ROLES[purpose])


def names(spec: FeatureSpec) -> Tuple[str, ...]:
    """The names of the features, in order."""
    return tuple(feature.name for feature in spec)


def class_label(spec: FeatureSpec) -> Optional[Feature]:
    """The label whose classes are counted in summaries; None if no label is a class."""
    return next((feature for feature in spec if feature.role == LABEL and feature.classes), None)


def count_classes(label: Feature, values: np.ndarray) -> Dict[str, int]:
    """How many of the values [N], all in the label's range, are of each class that occurs.

    Those that are ignored are of no class.
    """
    if label.least < 0:
        values = values[values >= 0]
    counts = np.bincount(values, minlength=len(label.classes)).tolist()
    return {name: count for name, count in zip(label.classes, counts) if count}


def purpose_of(spec: FeatureSpec, found: Sequence[str]) -> Optional[str]:
    """TRAINING or PREDICTION: what records with the features `found` are for; None: for neither."""
    for purpose in (TRAINING, PREDICTION):
        if frozenset(found) == frozenset(names(of_purpose(spec, purpose))):
            return purpose
    return None
