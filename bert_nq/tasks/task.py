"""The shape of a task."""
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from bert_nq.answering.asking import Asking
from bert_nq.base.reading import Reading
from bert_nq.features.featurizer import Featurizer
from bert_nq.prediction.dev_set import DevFormat
from bert_nq.prediction.output import AnswerFormat
from bert_nq.scoring.measure import Measure


class OtherOutput(NamedTuple):
    """Something that a task's models can write in place of answers, such as candidate scores."""
    help: str  # of the flag that names its file
    # From the decoder that the flags describe to one whose entries are these; raises UserError
    # where it has none.
    decoder: Callable[[Any], Any]
    answers: AnswerFormat
    # (the files that were predicted, the file that was written) to what is done with it next, and
    # the arguments of `program.command` for that.
    next: Callable[[str, str], Tuple[str, Sequence[str]]]


class Task(NamedTuple):
    """A way from examples to answers, from the shards to the scores."""
    name: str  # as model.json has it
    title: str  # what messages call its data: a model is "not trained on NQ"
    # The shards that a comma list of paths and globs names; raises UserError.
    find_shards: Callable[[str], List[str]]
    reading: Reading  # for answers; annotations may be missing or wrong
    training_reading: Reading
    featurizer: Featurizer
    # (name, options) to a decoder; raises UserError. See decoding.decoders.make_decoder.
    make_decoder: Callable[[str, Mapping[str, Any]], Any]
    answers: AnswerFormat
    dev_format: DevFormat
    # Settings of text and features that a model's card keeps, by the flags' names; of these the
    # weights depend on some, with which the model must be used as well.
    card_settings: Tuple[str, ...]
    weights_depend_on: Tuple[str, ...]
    program: str  # the file that trains and predicts: "bert_nq/run_nq.py"
    # The program that scores prediction files, and flags behind --gold_path, --predictions_path;
    # () where no program but its own does.
    scorer: Tuple[str, ...]
    # The heads that its models may have, of modeling.heads.HEADS or paths of modules with a HEAD,
    # and of each the decoders of its outputs by their names; the first ones unless others are
    # wanted.
    heads: Mapping[str, Tuple[str, ...]]
    measure: Measure
    dev_file: str = "DEV.jsonl.gz"  # stands for a person's own data in commands that are printed
    # Whether an example, as `training_reading` has it, is annotated; and the program that shows
    # answers to examples that are not, and flags behind --gold_path, --predictions_path; () where
    # there is none.
    is_annotated: Callable[[Any], bool] = lambda example: True
    viewer: Tuple[str, ...] = ()
    asking: Optional[Asking] = None  # None where its models do not answer questions about pages
    # Given a model's folder, what is done with it in place of prediction, and the arguments of
    # `program.command` for that; None: it predicts.
    next: Optional[Callable[[str], Tuple[str, Sequence[str]]]] = None
    other_outputs: Mapping[str, OtherOutput] = {}  # by the flags that name their files
    # (a key of `heads`, the featurizer's options) to the head as Model has it: with its argument
    # where it takes one, see modeling.heads.
    sized_head: Callable[[str, Any], str] = lambda head, options: head
    # From a features.prefilter.Prefilter to the featurizer whose rows of prediction are of what it
    # keeps; None where the task has no candidates.
    prefiltered: Optional[Callable[[Any], Featurizer]] = None

    @property
    def head(self) -> str:
        """The head of models that were not made with another."""
        return next(iter(self.heads))
