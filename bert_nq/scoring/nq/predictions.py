"""Reading a file of predictions in the official format."""
import json
from typing import Dict

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.scoring.nq.labels import Prediction, parse_prediction


def read_predictions(path: str) -> Dict[int, Prediction]:
    """The predictions by example id, from `{"predictions": [{"example_id": ...}, ...]}`.

    Raises:
      UserError: the file is not JSON or not of this format, a prediction is impossible, or an id
        occurs twice.
    """
    with files.open_binary(path) as f:
        data = f.read()
    try:
        # Unlike orjson, json reads NaN, of which the message can then name the example.
        content = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise UserError("%s is not JSON: %s" % (path, e)) from e
    records = content.get("predictions") if isinstance(content, dict) else None
    if not isinstance(records, list):
        raise UserError('%s has no list "predictions": a file of the official format is wanted, '
                        '{"predictions": [...]}' % path)
    predictions = {}  # type: Dict[int, Prediction]
    for number, record in enumerate(records, 1):
        try:
            prediction = parse_prediction(record)
        except UserError as e:
            raise UserError("%s, prediction %d: %s" % (path, number, e)) from e
        if prediction.example_id in predictions:
            raise UserError("%s, prediction %d: example %d has a prediction already"
                            % (path, number, prediction.example_id))
        predictions[prediction.example_id] = prediction
    return predictions
