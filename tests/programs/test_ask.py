"""ask.py: a page of one's own, beside what run_nq.py and run_squad.py say of the same words."""
import json
import os

import pytest

import bert_nq
from bert_nq.datasets.html_pages.reading import read_page
from bert_nq.tasks import squad_asking
from tests.support import own_pages, programs
from tests.support.nq_pages import write_shard

HTML = """<html><head><title>Tovin</title></head><body><h1>Tovin</h1>
<p>Tovin is a town in <b>Aron</b>. The village has many houses and a river.</p>
<ul><li>Marel is a village in Besk.</li><li>Osk</li></ul>
<p>%s</p></body></html>
""" % ("The old town has many houses in the village. " * 6)
QUESTIONS = ["where is tovin", "where is marel", "is osk a river"]


class Files:
    """A page, and two models."""

    def __init__(self, folder):
        self.folder = folder
        self.page = str(folder / "article.html")
        (folder / "article.html").write_text(HTML)
        self.nq = own_pages.write_nq_model(folder / "nq")
        self.squad = own_pages.write_squad_model(folder / "squad")

    def ask(self, model, *flags, **options):
        return programs.run("bert_nq/ask.py", "--model_dir=" + model, *flags,
                            cwd=str(self.folder), **options)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("ask"))


def asked(done):
    """The lines of JSON that ask.py has printed; its exit code must fit them."""
    assert done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    answered = [r["short"] or r["long"] or r["yes_no"] for r in found]
    assert done.returncode == (0 if all(answered) else 3)
    return found


@pytest.fixture(scope="module")
def found_nq(files):
    (files.folder / "questions.txt").write_text("\n".join(QUESTIONS[1:]) + "\n")
    return asked(files.ask(files.nq, "--page=article.html", "--json", "--num_answers=100",
                           "--question=" + QUESTIONS[0], "--questions_file=questions.txt"))


def test_answers_are_those_of_run_nq(files, found_nq):
    page = read_page(files.page)
    shard = write_shard(files.folder / "dev.jsonl", [
        own_pages.record_of(page, i, question) for i, question in enumerate(QUESTIONS)])
    done = programs.run(
        "bert_nq/run_nq.py", "--do_predict", "--output_dir=" + files.nq, "--predict_file=" + shard,
        "--output_prediction_file=out.json", "--output_nbest_file=nbest.json", "--num_workers=1",
        cwd=str(files.folder))
    assert done.returncode == 0, done.stderr
    entries, nbest = (json.loads((files.folder / name).read_text())["predictions"]
                      for name in ("out.json", "nbest.json"))
    assert len(found_nq) == len(entries) == len(QUESTIONS)
    for question, found, entry, best in zip(QUESTIONS, found_nq, entries, nbest):
        assert (found["question"], found["page"]) == (question, "article.html")
        first = found["others"][0]
        assert tokens(first["long"]) == tokens(entry["long_answer"])
        if first["short"]:
            assert [tokens(first["short"])] == list(map(tokens, entry["short_answers"]))
        assert {tokens(o["short"]): o["probability"] for o in found["others"] if o["short"]} == {
            tokens(a): pytest.approx(a["probability"], rel=1e-3) for a in best["short_answers"]}
        has_short = entry["short_answers_score"] >= 0
        assert bool(found["short"] or found["yes_no"]) == has_short
        assert bool(found["long"]) == (has_short or entry["long_answer_score"] >= 0)


def tokens(passage):
    return passage["start_token"], passage["end_token"]


def test_answers_are_those_of_run_squad(files):
    page = read_page(files.page)
    context = squad_asking.example_of("", page).context
    (files.folder / "dev.json").write_text(json.dumps({"version": "v2.0", "data": [
        {"title": "Tovin", "paragraphs": [{"context": context, "qas": [
            {"id": question, "question": question, "answers": []} for question in QUESTIONS]}]}]}))
    done = programs.run(
        "bert_nq/run_squad.py", "--do_predict", "--output_dir=" + files.squad,
        "--predict_file=dev.json", "--decoder=lines", "--output_prediction_file=predictions.json",
        "--output_nbest_file=nbest_predictions.json", "--num_workers=1", cwd=str(files.folder))
    assert done.returncode == 0, done.stderr
    texts, nbest = (json.loads((files.folder / name).read_text())
                    for name in ("predictions.json", "nbest_predictions.json"))
    with bert_nq.load(files.squad) as reader:
        answers = reader.ask_many([(question, page) for question in QUESTIONS])
    for question, answer in zip(QUESTIONS, answers):
        assert bool(answer) == bool(texts[question])
        spans = [a for a in nbest[question] if a["text"]]
        best = answer.others[0]
        # Whole words are shown, of which the decoder may have taken a part.
        assert spans[0]["text"] in best.short.text
        assert best.probability == pytest.approx(spans[0]["probability"], rel=1e-3)


def test_python_says_the_same(files, found_nq):
    with bert_nq.load(files.nq) as reader:
        answers = reader.ask_many([(question, HTML) for question in QUESTIONS])
    for answer, record in zip(answers, found_nq):
        mine = json.loads(json.dumps(answer.as_json()))
        assert mine.pop("page") == "page 1"
        assert mine.pop("probability") == pytest.approx(record["probability"], rel=1e-3)
        assert mine == {name: record[name] for name in mine}


def test_the_answer_in_its_paragraph(files, found_nq):
    done = files.ask(files.nq, "--page=-", "--question=" + QUESTIONS[0], input=HTML)
    assert done.stderr == ""
    best = found_nq[0]["others"][0]
    lines = done.stdout.splitlines()
    has_answer = bool(found_nq[0]["short"] or found_nq[0]["long"])
    assert done.returncode == (0 if has_answer else 3)
    assert lines[0] == ((best["short"] or best["long"])["text"] if has_answer else "no answer")
    assert lines[-1] == "  probability %.2f (not calibrated), standard input" % best["probability"]


@pytest.mark.parametrize("flags, message", [
    (["--page=article.html"], "nothing is asked: give --question, or --questions_file with a "
                              "question in each line"),
    (["--question=where"], "--page or --pages is needed, and not both"),
    (["--question=where", "--page=article.html", "--pages=."], "--page or --pages is needed, and "
                                                               "not both"),
    (["--question=where", "--pages=none"], "there is no folder none"),
    (["--page=article.html", "--question="], "the question '' has no words"),
    (["--page=article.html", "--question=" + "where is " * 30], "has 60 wordpieces, the model "
                                                                "reads 15: ask with fewer words"),
    (["--page=none.html", "--question=where"], "none.html"),
    (["--page=nq/model.ckpt-1.index", "--question=where"], "model.ckpt-1.index"),
    (["--page=article.html", "--question=where", "--thresholds=none.json"], "none.json"),
])
def test_what_cannot_be_asked(files, flags, message):
    assert message in programs.error_line(files.ask(files.nq, *flags))


def test_what_is_no_model(files):
    message = programs.error_line(files.ask(str(files.folder), "--page=article.html",
                                            "--question=where"))
    assert message == ("error: %s is not the folder of a trained model: it has no "
                       "bert_config.json, vocab.txt, model.json, which training writes "
                       "(--output_dir)" % files.folder)
    assert not os.path.exists(str(files.folder / "thresholds.json"))


def test_a_folder_of_pages(files, found_nq):
    folder = files.folder / "many" / "more"
    folder.mkdir(parents=True)
    (folder / "article.html").write_text(HTML)
    (folder.parent / "river.md").write_text("# Osk\n\nA river in the north.\n")
    (folder.parent / "empty.txt").write_text("")
    flags = ["--pages=many", "--read_passages=0", *("--question=" + q for q in [*QUESTIONS, "qqq"])]
    done = files.ask(files.nq, "--json", "--num_answers=100", *flags)
    assert done.returncode == 3
    index = os.path.join("many", ".bert_nq_index.sqlite")
    assert done.stderr.splitlines() == [
        "index %s: 3 pages new, 0 changed, 0 removed, 0 as before" % index,
        "left out: %s: it is empty" % (folder.parent / "empty.txt")]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    article = os.path.join("more", "article.html")
    assert [sorted(record["pages"]) for record in found] == [
        [article], [article], [article, "river.md"], []]
    for record, alone in zip(found[:2], found_nq):
        assert record["page"] == article
        assert {name: record[name] for name in ("short", "long", "yes_no")} == {
            name: alone[name] for name in ("short", "long", "yes_no")}
        assert [tokens(other["long"]) for other in record["others"]] == [
            tokens(other["long"]) for other in alone["others"]]
    assert found[3] == {"question": "qqq", "page": None, "short": None, "long": None,
                        "yes_no": None, "probability": None, "others": [], "pages": []}
