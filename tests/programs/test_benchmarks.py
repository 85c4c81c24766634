"""The benchmarks: the pages of that of preparation, and that they run."""
import json
import os
import sys

import pytest

from tests.support import own_pages, programs, squad_samples, tiny_wordnet
from tests.support.tiny_nq import TOKENS, write_vocabulary

sys.path.insert(0, os.path.join(programs.ROOT, "demos"))
sys.path.insert(0, os.path.join(programs.ROOT, "benchmarks"))

import cells  # noqa: E402
import realistic_pages  # noqa: E402
import squad_rows  # noqa: E402

from bert_nq.base.errors import UserError  # noqa: E402
from bert_nq.base.lines import read_sources  # noqa: E402
from bert_nq.datasets.nq.decoding import decode_example  # noqa: E402
from bert_nq.modeling import encoders  # noqa: E402


@pytest.fixture(scope="module")
def pages():
    return [realistic_pages.make_page(TOKENS, index, seed=0) for index in range(60)]


def test_pages_are_those_of_natural_questions_in_size(pages):
    examples = [decode_example(json.dumps(page).encode(), "x") for page in pages]

    def mean(values):
        return sum(values) / len(pages)

    # Of 60 draws, the standard error of the mean is 0.65 / sqrt(60) or 8 % of it.
    assert 4800 < mean([len(e.tokens) for e in examples]) < 8000
    assert 120 < mean([len(e.candidates) for e in examples]) < 240
    assert 0.15 < mean([sum(e.is_html) / len(e.tokens) for e in examples]) < 0.25
    assert 15 < mean([sum(c.top_level for c in e.candidates) for e in examples]) < 80
    # Half of them have an answer; 30 are expected of 60, with a standard deviation of 4.
    assert 15 < sum(e.annotations[0].candidate_index >= 0 for e in examples) < 45
    assert any(e.annotations[0].short_answers for e in examples)


def test_pages_depend_on_their_number_and_the_seed_alone(pages):
    assert realistic_pages.make_page(TOKENS, 7, seed=0) == pages[7]
    assert realistic_pages.make_page(TOKENS, 7, seed=1) != pages[7]
    assert len({page["example_id"] for page in pages}) == len(pages)


def test_shards_are_the_same_bytes_each_time(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        sizes = list(realistic_pages.write_shards(str(tmp_path / name), TOKENS, pages=4, shards=2))
    shards = ["realistic-00.jsonl.gz", "realistic-01.jsonl.gz"]
    assert sorted(os.listdir(str(tmp_path / "a"))) == shards
    lines = []
    for shard in shards:
        assert (tmp_path / "a" / shard).read_bytes() == (tmp_path / "b" / shard).read_bytes()
        lines += [line for _, line in read_sources(str(tmp_path / "a" / shard))]
    assert [len(line) for line in lines] == sizes
    assert json.loads(lines[1].decode()) == realistic_pages.make_page(TOKENS, 2, seed=0)


def benchmark(tmp_path, *flags):
    vocabulary = write_vocabulary(tmp_path / "vocab.txt")
    return programs.run("benchmarks/prepare.py", "--vocab_file=" + vocabulary, "--pages=2",
                        "--sample_pages=1", "--shards=1", "--runs=1",
                        "--work_dir=%s" % (tmp_path / "work"), *flags)


def test_the_benchmark_runs(tmp_path):
    done = benchmark(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("realistic: 1 shards", "realistic, 1 worker, median of 1 runs",
                 "sample, milliseconds of one processor for a page",
                 "  peak memory of a process, MB"):
        assert line in done.stdout
    shard = tmp_path / "work" / "realistic-2-in-1" / "realistic-00.jsonl.gz"
    made = shard.stat().st_mtime
    assert benchmark(tmp_path, "--corpora=realistic", "--nostages").returncode == 0
    assert shard.stat().st_mtime == made, "shards are made once"


@pytest.mark.parametrize("flag, message", [
    ("--corpora=big", "--corpora: big is none of realistic, sample"),
    ("--reference=x", "--reference_python is needed: The interpreter that can run it."),
])
def test_wrong_flags(tmp_path, flag, message):
    assert programs.error_line(benchmark(tmp_path, flag)) == "error: " + message


def test_a_reference_that_is_not_there(tmp_path):
    done = benchmark(tmp_path, "--reference=%s" % tmp_path, "--reference_python=python")
    assert programs.error_line(done).endswith("--reference is the folder that has language/ in it")


def test_what_is_drawn_cannot_be_compared(tmp_path):
    done = benchmark(tmp_path, "--reference=x", "--reference_python=x", "--include_unknowns=0.02")
    assert programs.error_line(done) == (
        "error: --include_unknowns=0.02 draws windows at random, which the reference does in its "
        "own way: compare with -1 or 1")


def test_five_annotators_agree_in_part(pages):
    five = [realistic_pages.make_page(TOKENS, index, seed=0, annotators=5) for index in range(20)]
    for page, one in zip(five, pages):
        assert len(page["annotations"]) == 5 and page["annotations"][0] == one["annotations"][0]
        assert page["document_html"] == one["document_html"]
    answers = [[json.dumps(dict(a, annotation_id=0)) for a in page["annotations"]] for page in five]
    assert 1 < sum(len(set(page)) for page in answers) / 20 < 5


def test_the_benchmark_of_scoring_runs(tmp_path):
    pytest.importorskip("natural_questions")
    flags = ("--vocab_file=" + write_vocabulary(tmp_path / "vocab.txt"), "--pages=6", "--shards=2",
             "--runs=2", "--work_dir=%s" % tmp_path)
    done = programs.run("benchmarks/nq_eval.py", *flags)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("6 pages in 2 shards", "\neval/nq_eval.py\n", "\nnatural_questions.nq_eval\n",
                 "  by processor time", "The 20 numbers are the same to the last digit"):
        assert line in done.stdout
    # Numbers that differ are told of.
    predictions = tmp_path / "dev-6-in-2" / "predictions.json"
    (tmp_path / "natural_questions").mkdir()
    (tmp_path / "natural_questions" / "__init__.py").write_text("")
    (tmp_path / "natural_questions" / "nq_eval.py").write_text('print("{}")\n')
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = programs.run("benchmarks/nq_eval.py", *flags, env=dict(os.environ, PYTHONPATH=path))
    assert predictions.exists() and "the numbers DIFFER: " in programs.error_line(done)


def test_the_benchmark_of_preparing_squad_runs(tmp_path):
    path = squad_samples.write(tmp_path / "x.json", squad_samples.FORMATS["squad"]())
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n.\n")
    done = programs.run(
        "benchmarks/prepare_squad.py", "--input_file=" + path, "--theirs=", "--questions=5",
        "--vocab_file=%s" % (tmp_path / "vocab.txt"), "--work_dir=%s" % tmp_path, "--num_turns=2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 questions a turn, medians of 2 turns" in done.stdout
    assert "prepare_squad_data.py as a whole process, one worker" in done.stdout


def test_the_benchmark_of_decoding_squad_runs(tmp_path):
    path = squad_samples.write(tmp_path / "x.json", squad_samples.FORMATS["squad"]())
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n.\n")
    done = programs.run(
        "benchmarks/squad_decoding.py", "--gold_path=" + path, "--theirs=", "--questions=5",
        "--vocab_file=%s" % (tmp_path / "vocab.txt"), "--work_dir=%s" % tmp_path, "--num_turns=2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("5 questions in 5 windows\n")
    assert "medians of 2 turns, each on one core" in done.stdout
    for name in ("run_qa", "run_squad"):
        folder = tmp_path / "squad-decoding" / name
        assert json.loads((folder / "done.json").read_text())["numbers"]["exact_match"] >= 0
        for answers in ("predictions.json", "nbest_predictions.json"):
            assert len(json.loads((folder / answers).read_text())) == 5


@pytest.mark.parametrize("flags, missing", [
    ((), "--run_qa_utils"), (("--run_qa_utils=x",), "--official_script")])
def test_the_peer_s_files_are_asked_for(flags, missing):
    done = programs.run("benchmarks/squad_decoding.py", "--gold_path=x", "--vocab_file=x", *flags)
    assert programs.error_line(done).startswith("error: %s is needed" % missing)


def test_answers_that_differ_from_those_of_the_peer(tmp_path, capsys):
    import squad_comparison

    def write(name, text, numbers):
        (tmp_path / name).mkdir(exist_ok=True)
        for file, content in (("predictions", {"q": text}), ("done", {"numbers": numbers}),
                              ("nbest_predictions", {"q": [{"text": text, "probability": 1}]})):
            (tmp_path / name / (file + ".json")).write_text(json.dumps(content))

    write("a", "Tovin", {"f1": 50.0})
    write("b", "Tovin", {"f1": 50.0})
    squad_comparison.check(str(tmp_path), "a", "b")
    assert capsys.readouterr().out == (
        "\nb: 100.000 % of the answers are equal, 100.000 % of the lists of the n best\n"
        "The scores are the same to the last digit: f1 50.0000\n")
    for text, number in (("Aron", 50.0), ("Tovin", 50.1)):
        write("b", text, {"f1": number})
        with pytest.raises(UserError, match="answers or scores DIFFER"):
            squad_comparison.check(str(tmp_path), "a", "b")


def test_questions_are_repeated_under_new_ids():
    import squad_questions
    paragraphs = [{"context": "x", "qas": [{"id": "a"}, {"id": "b"}]},
                  {"context": "y", "qas": [{"id": "c"}]}]
    assert list(squad_questions.repeated(paragraphs, 4)) == [
        ("x", [{"id": "q000000"}, {"id": "q000001"}]), ("y", [{"id": "q000002"}]),
        ("x", [{"id": "q000003"}])]


STEP = ("--num_hidden_layers=1", "--hidden_size=24", "--vocab_size=50", "--max_seq_length=32",
        "--batch_size=2", "--num_turns=1", "--product_size=64")


def test_the_benchmark_of_a_training_step_runs():
    done = programs.run("benchmarks/train_step.py", "--ours=fp16-recompute",
                        "--theirs=bert-tensorflow,torch-bf16-sdpa", "--torch_python=/no/python",
                        "--tf1_python=/no/tf1", "--latest_python=/no/latest", *STEP)
    assert done.returncode == 0, done.stderr
    left_out = [line.split(" is left out: ") for line in done.stdout.splitlines()
                if line.endswith(" cannot be run: No such file or directory")]
    assert [(name, reason.split()[0]) for name, reason in left_out] == [
        ("torch-bf16-sdpa", "/no/python"), ("bert-tensorflow, TF 1.15", "/no/tf1"),
        ("bert_nq, fp16-recompute, latest", "/no/latest")]
    for line in ("bert: 1 layers of 24, 12 heads; 2 windows of 32 wordpieces; medians of 1 turns",
                 "bert_nq, fp16-recompute: times as fast", "\n  bert-tensorflow  "):
        assert line in done.stdout


@pytest.mark.parametrize("name", sorted(encoders.ENCODERS))
def test_any_encoder_is_measured_beside_the_same_one_of_transformers(name):
    import encoder_settings
    sizes = dict(num_hidden_layers=1, hidden_size=24, num_attention_heads=12, vocab_size=50)
    settings = json.loads(json.dumps(encoder_settings.make(name, sizes, 32, {})))
    config = encoder_settings.our_config(settings)
    assert (config.encoder, config.vocab_size) == (name, 50)
    assert settings["huggingface"]["model_type"] == name
    assert (settings["intermediate_size"], settings["seq_length"]) == (96, 32)


def test_an_encoder_that_cannot_be_measured():
    done = programs.run("benchmarks/train_step.py", "--encoder=elmo", *STEP)
    assert programs.error_line(done).startswith("error: there is no encoder 'elmo': choose one of")
    done = programs.run("benchmarks/predict.py", "--config=[1]", *STEP[:-1])
    assert programs.error_line(done).startswith("error: --config: expected a JSON object")


def test_the_benchmark_of_relative_positions():
    # Its steps are those of the other two benchmarks; here none is made.
    done = programs.run("benchmarks/relative_positions.py", "--precisions=", *STEP[:-1])
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:] if line] == [
        ["training", "step"], ["forward", "pass"]]
    done = programs.run("benchmarks/relative_positions.py", "--precisions=fp8")
    assert programs.error_line(done) == "error: --precisions: fp8 is none of fp32, bf16, fp16"


def test_flops_of_a_step():
    import train_step
    # 6 rows. For each, multiplications and additions in a layer: 4 products of 2 x 2, two of 2 x 8,
    # and the scores and the context of 3 others, 2 wide; of 5 layers, once and twice back.
    settings = dict(hidden_size=2, intermediate_size=8, batch_size=2, seq_length=3,
                    num_hidden_layers=5)
    assert train_step.step_flops(settings) == 6 * 2 * (16 + 32 + 12) * 5 * 3


def test_wrong_kind_of_training_step():
    done = programs.run("benchmarks/train_step.py", "--ours=fp8", *STEP)
    assert programs.error_line(done).startswith("error: --ours: fp8 is none of fp32, bf16, fp16")


def test_the_benchmark_of_prediction_runs():
    done = programs.run("benchmarks/predict.py", "--ours=fp32-variables", "--processes=2",
                        "--theirs=torch-fp32-sdpa", "--torch_python=/no/python",
                        "--threads=1", *STEP[:-1])
    assert done.returncode == 0, done.stderr
    assert ("torch-fp32-sdpa is left out: /no/python cannot be run: No such file or directory"
            in done.stdout)
    for line in ("batches of 2 windows of 32 wordpieces; 2 processes of 1 threads; medians of 1",
                 "\nbert_nq, fp32-variables  "):
        assert line in done.stdout


def test_wrong_kind_of_prediction():
    done = programs.run("benchmarks/predict.py", "--theirs=keras", *STEP[:-1])
    assert programs.error_line(done).startswith("error: --theirs: keras is none of bert-tensorflow")


def test_the_benchmark_of_episodes_runs():
    """Both loops end with the same scores and losses, or it would fail."""
    sizes = ("--num_hidden_layers=1", "--hidden_size=24", "--vocab_size=50", "--max_seq_length=16")
    done = programs.run("benchmarks/masking_policy_episodes.py", "--contexts=8", "--num_turns=1",
                        "--mlm_epochs=1", "--task_epochs=1", "--validation_rows=4", *sizes)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines()[3:]]
    assert [row[:-3] for row in rows[:2]] == [["8", "one", "graph"],
                                              ["8", "graphs", "built", "anew"]]
    assert rows[2][:3] == ["times", "as", "many"] and float(rows[2][3][:-1]) > 0
    done = programs.run("benchmarks/masking_policy_episodes.py", "--contexts=some", *sizes)
    assert programs.error_line(done) == "error: --contexts=some: numbers are wanted, such as 8,32"


def test_the_benchmark_of_augmentation_runs(tmp_path):
    done = programs.run(
        "benchmarks/augment.py", "--vocab_file=" + write_vocabulary(tmp_path / "vocab.txt"),
        "--corpora=sample", "--sample_pages=2", "--shards=1", "--runs=1",
        "--work_dir=%s" % (tmp_path / "work"),
        "--wordnet_dir=" + tiny_wordnet.write(tmp_path / "wordnet"))
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("sample: 8 pages, 1 worker, medians of 1 turns",
                 "\n  prepare_nq_data.py --augment=synonyms  ", "\n  augment_nq_data.py  ",
                 "\n    written by augment_nq_data.py "):
        assert line in done.stdout


def test_the_benchmark_of_the_prefilter_runs(tmp_path):
    done = programs.run(
        "benchmarks/prefilter.py", "--vocab_file=" + write_vocabulary(tmp_path / "vocab.txt"),
        "--pages=2", "--shards=1", "--keep=1,100000", "--work_dir=%s" % tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line[:1] in ("a", "1")]
    shares = {" ".join(row[:-3]): row[-2] for row in rows}
    assert list(shares) == ["all candidates", "1 best, shared words", "1 best, at random",
                            "100000 best, shared words", "100000 best, at random"]
    assert shares["all candidates"] == "100.0%"
    assert float(shares["1 best, at random"][:-1]) < 100


def test_the_benchmark_of_searching_pages_runs(tmp_path):
    done = programs.run(
        "benchmarks/page_search.py", "--vocab_file=" + write_vocabulary(tmp_path / "vocab.txt"),
        "--paragraphs=30", "--questions=5", "--sample_pages=2", "--work_dir=%s" % tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("\nindexing them\n", "\nagain, where nothing has changed\n",
                 "\n5 searches for 5 pages\n", "2 pages of the sample corpus, questions with one",
                 "  among 5, %                    100.0\n"):
        assert line in done.stdout


def test_the_benchmark_of_the_service_runs(tmp_path):
    model = own_pages.write_nq_model(tmp_path / "model")
    (tmp_path / "page.html").write_text("<p>tovin is a town in aron</p>")
    flags = ("--model_dir=" + model, "--page=%s" % (tmp_path / "page.html"), "--requests=6",
             "--work_dir=%s" % tmp_path)
    done = programs.run("benchmarks/serve.py", "--clients=1,3", *flags)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("\n1 at a time\n", "\n3 at a time\n", "\nmemory of the service, MB\n"):
        assert line in done.stdout
    done = programs.run("benchmarks/serve.py", "--clients=none", *flags)
    assert programs.error_line(done) == (
        "error: --clients=none: numbers are wanted, such as 1,8")


def test_the_benchmark_of_asking_runs(tmp_path):
    model = own_pages.write_squad_model(tmp_path / "model")
    page = tmp_path / "article.html"
    page.write_text("<p>Tovin is a town in Aron.</p>", encoding="utf8")
    flags = ("--model_dir=" + model, "--page=%s" % page, "--theirs=", "--doc_overlap=8",
             "--work_dir=%s" % (tmp_path / "work"))
    done = programs.run("benchmarks/ask.py", "--ours=fp32", "--turns=2", "--at_once=2",
                        "--turns_at_once=1", "--memory_requests=4", *flags)
    assert done.returncode == 0, done.stderr
    for line in ("one at a time ", "2 at once, in threads ", "2 at once, together ",
                 "  after 5 questions  "):
        assert line in done.stdout
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("fp32 ")]
    # Two of two answers are the first contender's own.
    assert [row[4:7] for row in rows if "of" in row] == [["2", "of", "2"]] * 3
    done = programs.run("benchmarks/ask.py", "--ours=int8", *flags)
    assert programs.error_line(done).startswith("error: --ours: int8 is none of fp32, ")


def test_questions_are_asked_of_paragraphs_without_their_answer(tmp_path):
    def paragraph(context, *answers):
        return {"context": context, "qas": [
            {"id": answer, "question": "who?", "answers": [
                {"text": answer, "answer_start": context.index(answer)}]} for answer in answers]}

    articles = [[paragraph("Ann saw Bob.", "Ann", "Bob"), paragraph("bob left.", "left")],
                [paragraph("Eve is here.", "Eve")]]
    (tmp_path / "x.json").write_text(json.dumps({"data": [
        {"title": str(number), "paragraphs": article} for number, article in enumerate(articles)]}))
    found = squad_rows.read(str(tmp_path / "x.json"))
    assert [e.question_id for e in found] == ["Ann", "Bob", "left", "Eve"]
    assert {e.question_id for e in squad_rows.drawn(found, 3)} < {"Ann", "Bob", "left", "Eve"}
    assert squad_rows.drawn(found, 3) == squad_rows.drawn(found, 4)[:3]

    rows = {row["id"]: row for row in squad_rows.with_unanswerable(found, 1)}
    none = {"text": [], "answer_start": []}
    assert (rows["Ann"]["context"], rows["Ann"]["answers"]) == ("bob left.", none)
    assert (rows["left"]["context"], rows["left"]["answers"]) == ("Ann saw Bob.", none)
    # The other paragraph has the answer too, in small letters; the other article has only one.
    assert rows["Bob"] == squad_rows.row(found[1]) and rows["Eve"] == squad_rows.row(found[3])
    some = squad_rows.with_unanswerable(found, 0.25)
    assert sum(not row["answers"]["text"] for row in some) == 1 and len(some) == 4


def test_a_kept_run_is_not_done_twice(tmp_path):
    path = str(tmp_path / "cell.json")
    assert cells.kept(path, {"seed": 1}, lambda: {"f1": 2.5}) == {"f1": 2.5}
    assert cells.kept(path, {"seed": 1}, None) == {"f1": 2.5}
    with pytest.raises(UserError, match="cell.json is of other settings: give another --work_dir"):
        cells.kept(path, {"seed": 2}, None)


def test_the_spread_of_seeds():
    assert cells.spread([1.234]) == "1.23"
    assert cells.spread([1, 2, 3]) == "2.00 ± 1.00"
