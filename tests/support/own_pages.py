"""Pages of one's own by hand, and folders of tiny models that answer questions about them."""
import numpy as np

from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Candidate
from bert_nq.estimator import model_card
from bert_nq.estimator.model_card import ModelCard
from bert_nq.modeling import checkpoints
from tests.support import tiny_model, tiny_nq
from tests.support.nq_pages import make_page

NQ_SETTINGS = {"do_lower_case": True, "tokenizer": "wordpiece", "max_seq_length": 64,
               "doc_stride": 16, "max_query_length": 16}
SQUAD_SETTINGS = {"do_lower_case": True, "tokenizer": "wordpiece", "max_seq_length": 32,
                  "doc_stride": 8, "doc_overlap": None, "max_query_length": 8,
                  "version_2_with_negative": True}


def page_of(record, source="page.html") -> Page:
    """The page of a record of `make_page`."""
    tokens = record["document_tokens"]
    return Page(record["document_title"], record["document_html"].encode("utf8"),
                [t["token"] for t in tokens], [t["html_token"] for t in tokens],
                [t["start_byte"] for t in tokens], [t["end_byte"] for t in tokens],
                [Candidate(c["start_token"], c["end_token"], c["top_level"])
                 for c in record["long_answer_candidates"]], source)


def page(text, source="page.html", **fields) -> Page:
    """The page of tokens with blanks between them, see `make_page`."""
    return page_of(make_page(text, **fields), source)


def record_of(page, example_id, question):
    """A page as a record of the original format, without annotations."""
    spans = [{"start_token": c.start_token, "end_token": c.end_token, "top_level": c.top_level,
              "start_byte": page.start_bytes[c.start_token],
              "end_byte": page.end_bytes[c.end_token - 1]} for c in page.candidates]
    return {"example_id": example_id, "document_title": page.title, "question_text": question,
            "document_html": page.html.decode("utf8"), "annotations": [],
            "long_answer_candidates": spans, "document_tokens": [
                {"token": token, "html_token": is_html, "start_byte": start, "end_byte": end}
                for token, is_html, start, end in zip(page.tokens, page.is_html, page.start_bytes,
                                                      page.end_bytes)]}


def glued(html, tokens, title="Tovin", candidates=(), source="page.html") -> Page:
    """A page whose tokens are those of `tokens`, in their order, wherever they are in `html`."""
    data = html.encode("utf8")
    starts, ends = [], []
    for token in tokens:
        starts.append(data.index(token.encode("utf8"), ends[-1] if ends else 0))
        ends.append(starts[-1] + len(token.encode("utf8")))
    return Page(title, data, list(tokens), [t.startswith("<") for t in tokens], starts, ends,
                list(candidates), source)


def write_nq_model(folder, seed=1, **settings) -> str:
    """Writes the folder of a joint reader with random weights and its card; returns its path."""
    tiny_model.write(folder, seed)
    model_card.write(str(folder), ModelCard("nq_joint", dict(NQ_SETTINGS, **settings)))
    return str(folder)


def write_squad_model(folder, seed=1, **settings) -> str:
    """The same of a reader of SQuAD."""
    tiny_model.write(folder, seed)
    weights = {name: value for name, value in tiny_model.weights(seed).items()
               if name.startswith("bert/")}
    random = np.random.RandomState(seed)
    weights["cls/squad/output_weights"] = random.standard_normal(
        (2, tiny_nq.CONFIG.hidden_size)).astype(np.float32)
    weights["cls/squad/output_bias"] = random.standard_normal(2).astype(np.float32)
    checkpoints.write_weights(str(folder / "model.ckpt-1"), weights)
    model_card.write(str(folder), ModelCard("squad", dict(SQUAD_SETTINGS, **settings)))
    return str(folder)
