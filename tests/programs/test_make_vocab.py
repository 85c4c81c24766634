"""The program prepare/make_vocab.py."""
import gzip
import json
import os
import pathlib

import pytest

from bert_nq.text.vocabulary import MARKERS, NQ_MARKERS, Vocabulary, check_markers
from tests.support import piece_models, programs

PROGRAM = str(pathlib.Path(__file__).resolve().parents[2] / "prepare" / "make_vocab.py")


def run(folder, *args):
    return programs.run(PROGRAM, *args, cwd=str(folder))


def standard_lines(num_unused):
    unused = ["[unused%d]" % i for i in range(num_unused)]
    return (["[PAD]"] + unused[:99] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"] + unused[99:]
            + ["the", "##s", "日"])


def write_lines(path, lines):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf8")


def page(number, words):
    tokens = ["<P>"] + words + ["</P>"]
    return {
        "example_id": number, "question_text": "who is who or what is zzyzx", "document_title": "T",
        "document_tokens": [{"token": t, "html_token": t[0] == "<", "start_byte": 0, "end_byte": 1}
                            for t in tokens],
        "long_answer_candidates": [
            {"start_token": 0, "end_token": len(tokens), "top_level": True}],
        "annotations": []}


@pytest.fixture
def shards(tmp_path):
    """Two pages in each of two shards, one of them gzipped."""
    lines = [json.dumps(page(n, ["Lumen", "of", "the", "Karst", "page%d" % n] * 10)) + "\n"
             for n in range(4)]
    (tmp_path / "a-00.jsonl").write_text("".join(lines[:2]))
    with gzip.open(str(tmp_path / "a-01.jsonl.gz"), "wt") as f:
        f.write("".join(lines[2:]))
    return tmp_path


def test_markers_are_written_and_the_rest_stays(tmp_path):
    lines = standard_lines(994)
    write_lines(tmp_path / "vocab.txt", lines)
    out = run(tmp_path, "--vocab_file=vocab.txt", "--output_vocab=vocab-nq.txt")
    assert out.returncode == 0, out.stderr
    written = (tmp_path / "vocab-nq.txt").read_text(encoding="utf8").split("\n")
    assert written == lines[:104] + NQ_MARKERS + lines[313:] + [""]
    assert out.stdout == (
        "\nVocabulary vocab-nq.txt\n"
        "  entries           1,002\n"
        "  markers written   209\n"
        "  on lines, from 0  104 to 312\n"
        "\n"
        "Next:\n"
        "  %s %s --vocab_file=vocab-nq.txt --do_lower_case=true "
        "--input_jsonl='nq-train-*.jsonl.gz' --output_tfrecord=nq-train.tfrecord\n"
        % (programs.python_word(tmp_path),
           os.path.relpath(PROGRAM.replace("make_vocab", "prepare_nq_data"), str(tmp_path))))


def test_markers_of_tags_are_written_alone_or_as_well(tmp_path):
    lines = standard_lines(994)
    write_lines(tmp_path / "vocab.txt", lines)
    out = run(tmp_path, "--vocab_file=vocab.txt", "--markers=candidates", "--output_vocab=tags.txt")
    written = (tmp_path / "tags.txt").read_text(encoding="utf8").split("\n")
    assert written == lines[:104] + MARKERS["candidates"] + lines[114:] + [""]
    assert "prepare_candidates.py --vocab_file=tags.txt" in out.stdout
    run(tmp_path, "--vocab_file=vocab.txt", "--markers=joint,candidates", "--output_vocab=both.txt")
    written = (tmp_path / "both.txt").read_text(encoding="utf8").split("\n")
    assert written == lines[:104] + NQ_MARKERS + MARKERS["candidates"] + lines[323:] + [""]


def test_a_second_run_over_its_own_output_changes_nothing(tmp_path):
    write_lines(tmp_path / "v.txt", standard_lines(994))
    run(tmp_path, "--vocab_file=v.txt", "--output_vocab=v.txt")
    first = (tmp_path / "v.txt").read_bytes()
    out = run(tmp_path, "--vocab_file=v.txt", "--output_vocab=v.txt")
    assert (tmp_path / "v.txt").read_bytes() == first
    assert "markers written   0\n  on lines, from 0  none: all were there\n" in out.stdout


def test_places_that_are_apart_are_listed_and_repeated_lines_told(tmp_path):
    write_lines(tmp_path / "v.txt", standard_lines(210) + ["the", ""])
    out = run(tmp_path, "--vocab_file=v.txt", "--output_vocab=nq.txt")
    # 98 markers before [UNK], 111 behind [MASK].
    assert "on lines, from 0  1 to 98, 104 to 214\n" in out.stdout
    assert "\n1 lines repeat earlier ones." in out.stdout
    assert len((tmp_path / "nq.txt").read_text(encoding="utf8").split("\n")) == 104 + 111 + 5 + 1


def test_a_vocabulary_is_learnt_from_shards(shards):
    out = run(shards, "--learn_from=a-*.jsonl*", "--vocab_size=500", "--output_vocab=out/nq.txt")
    assert out.returncode == 0, out.stderr
    vocabulary = Vocabulary.load(str(shards / "out" / "nq.txt"))
    assert len(vocabulary) == 500
    check_markers(vocabulary, "nq.txt")
    assert vocabulary.tokens[104:313] == NQ_MARKERS
    assert {"lumen", "karst", "the", "of", "who", "what", "page0"} <= set(vocabulary.ids)
    assert "<" not in vocabulary.ids  # tags are no words
    # 4 pages of 7 + 50 words. The y and x of the 4 "zzyzx" are too rare to be pieces: 4 / 228.
    assert "  pages             4\n" in out.stdout
    assert "  words and signs   228\n" in out.stdout
    assert "  kept whole        98.2 %\n" in out.stdout
    assert "  unknown           1.75 %\n" in out.stdout
    assert "  entries           500\n" in out.stdout


def test_pages_can_be_limited_and_words_keep_their_case(shards):
    out = run(shards, "--learn_from=a-*", "--vocab_size=500", "--output_vocab=nq.txt",
              "--max_pages=3", "--nodo_lower_case")
    assert "  pages             3\n" in out.stdout
    assert "--do_lower_case=false" in out.stdout
    tokens = Vocabulary.load(str(shards / "nq.txt")).ids
    assert "Lumen" in tokens
    assert "lumen" not in tokens


def test_a_bad_page_stops_the_run_or_is_skipped(shards):
    with open(str(shards / "a-00.jsonl"), "a") as f:
        f.write("{oops\n")
    args = ["--learn_from=a-*", "--vocab_size=500", "--output_vocab=nq.txt"]
    out = run(shards, *args)
    assert out.returncode == 1
    assert "a-00.jsonl, line 3: not JSON" in out.stderr
    assert not (shards / "nq.txt").exists()
    out = run(shards, "--on_bad_input=skip", *args)
    assert out.returncode == 0
    assert "  pages skipped     1\n" in out.stdout


@pytest.mark.parametrize("args, message", [
    ([], "error: --output_vocab is needed"),
    (["--output_vocab=o"], "error: give either --vocab_file"),
    (["--output_vocab=o", "--vocab_file=few.txt", "--learn_from=x"],
     "error: give either --vocab_file"),
    (["--output_vocab=o", "--vocab_file=none.txt"], "error: cannot read none.txt: No such file"),
    (["--output_vocab=o", "--vocab_file=few.txt"],
     "error: few.txt: 101 [unused...] entries are too few for the 209 NQ markers it lacks"),
    (["--output_vocab=o", "--learn_from=nothing-*"],
     "error: no NQ shard file matches 'nothing-*'"),
    (["--output_vocab=o", "--learn_from=few.txt"], "error: few.txt, line 1: not JSON"),
    (["--output_vocab=o", "--learn_from=empty.jsonl"], "error: no character occurs 5 times"),
    (["--output_vocab=empty.jsonl", "--learn_from=empty.jsonl"],
     "error: empty.jsonl is input and output at once: choose another output"),
    (["--output_vocab=o", "--learn_from=empty.jsonl", "--vocab_size=9"],
     "error: a vocabulary of 9 entries is too small"),
    (["--output_vocab=o", "--vocab_file=few.txt", "--markers=joint,tags"],
     "error: --markers=joint,tags: there are markers for joint, candidates"),
    (["--max_pages=-1"], "--max_pages"),
    (["--wrong"], "wrong"),
])
def test_bad_input_is_one_clear_line(tmp_path, args, message):
    write_lines(tmp_path / "few.txt", standard_lines(101))
    (tmp_path / "empty.jsonl").write_text("")
    out = run(tmp_path, *args)
    assert out.returncode == 1
    assert message in out.stderr
    assert "Traceback" not in out.stderr
    assert not (tmp_path / "o").exists()


def test_a_sentencepiece_model_is_learnt_and_marked(shards):
    out = run(shards, "--learn_from=a-*", "--kind=sentencepiece", "--family=xlnet",
              "--vocab_size=330", "--output_vocab=spiece-nq.model")
    assert out.returncode == 0, out.stderr
    path = str(shards / "spiece-nq.model")
    vocabulary = Vocabulary.load(path)
    check_markers(vocabulary, path)
    assert len(vocabulary) == 330 and vocabulary.specials.cls == "<cls>"
    assert "209" in out.stdout.split("markers written")[1].split("\n")[0]
    assert out.stdout.split("over pieces of text")[1].split("\n")[0].strip() == "0"
    assert "--do_lower_case=false" in out.stdout

    again = run(shards, "--vocab_file=spiece-nq.model", "--output_vocab=again.model")
    assert again.returncode == 0, again.stderr
    assert "none: all were there" in again.stdout
    assert (shards / "again.model").read_bytes() == (shards / "spiece-nq.model").read_bytes()


def test_a_cut_sentencepiece_model_is_told(tmp_path):
    path = piece_models.write(tmp_path / "spiece.model", "albert")
    with open(path, "rb+") as f:
        f.truncate(300)
    out = run(tmp_path, "--vocab_file=spiece.model", "--output_vocab=out.model")
    assert out.returncode in (1, 2) and "Traceback" not in out.stderr
    assert "spiece.model is cut off or damaged after" in out.stderr
