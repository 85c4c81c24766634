"""Small sets of questions in all formats, and files of them."""
import csv
import gzip
import io
import json

ARON = "The river Tovin flows by Aron , an old town . Aron has many houses ."
MAREL = "Marel is a village in Besk .\n\nIt has no river ."


def qa(question_id, question, *answers, **fields):
    """A question as SQuAD has it; answers are (text, first character)."""
    return dict({"id": question_id, "question": question,
                 "answers": [{"text": text, "answer_start": start} for text, start in answers]},
                **fields)


QAS = (
    [qa("q1", "what flows by Aron ?", ("river Tovin", 4), ("Tovin", 10)),
     qa("q2", "what is Aron ?", ("an old town", 32))],
    [qa("q3", "where is Marel ?", ("Besk", 22))],
)
ARTICLES = [
    {"title": "Tovin", "paragraphs": [{"context": ARON, "qas": QAS[0]}]},
    {"title": "Marel", "paragraphs": [{"context": MAREL, "qas": QAS[1]}]},
]
ROWS = [
    {"id": a["id"], "title": article["title"], "context": paragraph["context"],
     "question": a["question"],
     "answers": {"text": [x["text"] for x in a["answers"]],
                 "answer_start": [x["answer_start"] for x in a["answers"]]}}
    for article in ARTICLES for paragraph in article["paragraphs"] for a in paragraph["qas"]]


def mrqa_lines():
    """The same as MRQA has it: ends of answers are inclusive, and their case may differ."""
    lines = [{"header": {"dataset": "Tovin", "split": "train"}}]
    for article in ARTICLES:
        for paragraph in article["paragraphs"]:
            lines.append({"context": paragraph["context"], "id": "", "qas": [
                {"qid": a["id"], "id": "other", "question": a["question"],
                 "answers": [x["text"] for x in a["answers"]],
                 "detected_answers": [
                     {"text": x["text"].upper(),
                      "char_spans": [[x["answer_start"], x["answer_start"] + len(x["text"]) - 1]]}
                     for x in a["answers"]]} for a in paragraph["qas"]]})
    return lines


def as_csv(rows, delimiter=","):
    """CSV text of dicts."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_lines(records):
    """JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


FORMATS = {
    "squad": lambda: json.dumps({"version": "1.1", "data": ARTICLES}),
    "indented": lambda: json.dumps({"data": ARTICLES, "version": "1.1"}, indent=0),
    "title-last": lambda: json.dumps({"data": [dict(reversed(list(a.items()))) for a in ARTICLES]}),
    "articles": lambda: json.dumps(ARTICLES),
    "article-lines": lambda: as_lines(ARTICLES),
    "byte-order-mark": lambda: "\ufeff" + json.dumps(ARTICLES),
    "mrqa": lambda: as_lines(mrqa_lines()),
    "run_qa": lambda: json.dumps({"data": ROWS}),
    "row-list": lambda: "\n" + json.dumps(ROWS, indent=2),
    "row-lines": lambda: as_lines(ROWS),
    "csv-json": lambda: as_csv([dict(r, answers=json.dumps(r["answers"])) for r in ROWS]),
    "csv-python": lambda: as_csv(ROWS),
    "csv-pandas": lambda: as_csv([dict(r, answers=(
        "{'text': array(%r, dtype=object), 'answer_start': array(%r, dtype=int32)}"
        % (r["answers"]["text"], r["answers"]["answer_start"]))) for r in ROWS]),
    "tsv": lambda: as_csv(ROWS, "\t"),
}


def write(path, text):
    """Writes a text as UTF-8, gzipped where the name says so; returns the path."""
    data = text.encode("utf8", "surrogatepass")
    path.write_bytes(gzip.compress(data) if str(path).endswith(".gz") else data)
    return str(path)


def write_squad(path, qas, context=ARON, **fields):
    """Writes questions about one context as SQuAD has them; returns the path."""
    return write(path, json.dumps(dict(
        {"version": "x", "data": [{"title": "T", "paragraphs": [
            {"context": context, "qas": qas}]}]}, **fields)))
