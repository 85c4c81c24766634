"""Files of candidate scores for tests."""
import numpy as np

from bert_nq.base.json_lines import line_file
from bert_nq.datasets.nq.candidate_scores import PageScores


def page_scores(example_id, probabilities) -> PageScores:
    """The scores of a page, of {index of the candidate: probability}."""
    items = sorted(probabilities.items())
    return PageScores(example_id, np.array([index for index, _ in items], np.int64),
                      np.array([p for _, p in items], np.float64))


def write_scores(path, pages) -> str:
    """Writes {example id: {index of the candidate: probability}}; returns the path."""
    with line_file(str(path)) as add:
        for example_id, probabilities in pages.items():
            add(page_scores(example_id, probabilities).to_json())
    return str(path)
