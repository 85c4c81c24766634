"""The reader of prediction files of the official format; options.py reads their further scores."""
from typing import Dict

from bert_nq.scoring.nq.answer_files import AnswerFile
from bert_nq.scoring.nq.labels import Prediction, parse_prediction


def read_predictions(path: str) -> Dict[int, Prediction]:
    """The predictions by example id, from `{"predictions": [{"example_id": ...}, ...]}`.

    Raises:
      UserError: the file is not JSON or not of this format, a prediction is impossible, or an id
        occurs twice.
    """
    return dict(AnswerFile(path).entries(parse_prediction))
