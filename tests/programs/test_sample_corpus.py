"""The sample corpus: the format's rules, the answers, the two splits and the program."""
import collections
import glob
import html
import itertools
import os
import random
import sys

import orjson
import pytest
from isal import igzip

from tests.support import programs

sys.path.insert(0, os.path.join(programs.ROOT, "demos"))

from sample_corpus import corpus, kinds, names, page, values  # noqa: E402
from sample_corpus.names import Namer  # noqa: E402
from sample_corpus.plan import make_plan  # noqa: E402
from sample_corpus.relations import RELATIONS  # noqa: E402

SEED = 17
SPLITS = ("train", "dev")
PAGES = 60
RESPELT = {"&quot;": ("``", "''"), "[": ("(",), "]": (")",), "\u2013": ("--",)}


@pytest.fixture(scope="module")
def samples():
    """The samples of the first pages of both splits."""
    return {split: [sample for index in range(PAGES)
                    for sample in corpus.make_samples(split, index, SEED, 3)]
            for split in SPLITS}


@pytest.fixture(scope="module")
def everything(samples):
    return [sample for split in SPLITS for sample in samples[split]]


def texts(sample, spans):
    """The words of each span, joined by blanks."""
    tokens = sample.example["document_tokens"]
    return [" ".join(t["token"] for t in tokens[span.start_token:span.end_token])
            for span in spans]


# The page as such.


def test_a_page_written_out():
    built = page.Page()
    built.raw("<BODY>")
    built.open("Table", 'class="infobox"')
    built.open("Tr")
    built.block("Th", "Colour", 'colspan="2" style="x"')
    _, spans = built.block("Td", page.marked("pale blue"))
    built.close()
    built.close()
    assert built.html == (
        '<BODY><TABLE class="infobox"><TR><TH colspan="2" style="x">Colour</TH>\n'
        "<TD>pale blue</TD>\n</TR>\n</TABLE>\n")
    # <BODY> 6 bytes, <TABLE class="infobox"> 23, <TR> 4, <TH colspan="2" style="x"> 26, Colour 6.
    assert [(t["token"], t["html_token"], t["start_byte"], t["end_byte"])
            for t in built.tokens] == [
        ("<Table>", True, 6, 29), ("<Tr>", True, 29, 33), ('<Th colspan="2">', True, 33, 59),
        ("Colour", False, 59, 65), ("</Th>", True, 65, 70), ("<Td>", True, 71, 75),
        ("pale", False, 75, 79), ("blue", False, 80, 84), ("</Td>", True, 84, 89),
        ("</Tr>", True, 90, 95), ("</Table>", True, 96, 104)]
    assert built.candidates == [
        {"start_token": 0, "end_token": 11, "start_byte": 6, "end_byte": 104, "top_level": True},
        {"start_token": 1, "end_token": 10, "start_byte": 29, "end_byte": 95, "top_level": False}]
    assert spans == [(6, 8)]


def test_words_as_the_dataset_spells_them():
    assert page.Page.words("Well-known & 10\u00a0000 or 1,234.5 (caf\u00e9's)[3].") == [
        "Well-known", "&", "10\u00a0000", "or", "1,234.5", "(", "caf\u00e9", "'s", ")", "[3]", "."]
    built = page.Page()
    built.text('"A & B" \u2013 [C]')
    assert [t["token"] for t in built.tokens] == ["``", "A", "&", "B", "''", "--", "(", "C", ")"]
    assert built.html == "&quot;A &amp; B&quot; \u2013 [C]"
    # The ampersand's five bytes come after &quot;A and a blank.
    assert (built.tokens[2]["start_byte"], built.tokens[2]["end_byte"]) == (8, 13)
    # The dash has three bytes in UTF-8.
    assert built.tokens[5]["end_byte"] - built.tokens[5]["start_byte"] == 3


def test_what_is_no_candidate():
    built = page.Page()
    built.block("P", "")  # Empty.
    built.block("H2", "A heading is none")
    built.open("Ul", candidate=False)  # Left out, with all in it.
    built.block("Li", "Three words here")
    built.close()
    built.open("Ul")
    built.block("Li", "Two words")  # Too short inside a list.
    built.block("Li", "Three words here")
    built.close()
    assert [(built.tokens[c["start_token"]]["token"], c["top_level"])
            for c in built.candidates] == [("<Ul>", True), ("<Li>", False)]


# The rules of the format, on generated pages.


def test_a_token_is_what_its_bytes_say(everything):
    for sample in everything:
        source = sample.example["document_html"].encode("utf8")
        end = 0
        for token in sample.example["document_tokens"]:
            assert end <= token["start_byte"] < token["end_byte"]
            end = token["end_byte"]
            there = source[token["start_byte"]:end].decode("utf8")
            if token["html_token"]:
                name, _, attributes = there.strip("<>").partition(" ")
                colspan = [" " + a for a in attributes.split(" ") if a.startswith("colspan")]
                assert token["token"] == "<%s%s>" % (
                    "/" + name[1:].capitalize() if name[0] == "/" else name.capitalize(),
                    "".join(colspan))
            else:
                assert token["token"] in RESPELT.get(there, (html.unescape(there),))


def test_candidates_are_blocks_in_document_order(everything):
    for sample in everything:
        tokens = sample.example["document_tokens"]
        ends, last_start = [], -1
        for candidate in sample.example["long_answer_candidates"]:
            start, end = candidate["start_token"], candidate["end_token"]
            assert last_start < start < end <= len(tokens)
            last_start = start
            while ends and ends[-1] <= start:
                ends.pop()
            assert candidate["top_level"] == (not ends)
            assert not ends or end < ends[-1]
            ends.append(end)
            opening = tokens[start]["token"].strip("<>").split()[0]
            assert opening in ("P", "Table", "Ul", "Ol", "Dl", "Tr", "Li", "Dd", "Dt")
            assert tokens[end - 1]["token"] == "</%s>" % opening
            assert_offsets(candidate, tokens)


def assert_offsets(span, tokens):
    assert span["start_byte"] == tokens[span["start_token"]]["start_byte"]
    assert span["end_byte"] == tokens[span["end_token"] - 1]["end_byte"]


def test_annotations_point_at_candidates(everything):
    for sample in everything:
        tokens = sample.example["document_tokens"]
        for annotation in sample.example["annotations"]:
            long = annotation["long_answer"]
            if long["candidate_index"] == -1:
                assert set(long.values()) == {-1}
                assert annotation["short_answers"] == []
                assert annotation["yes_no_answer"] == "NONE"
                continue
            candidate = sample.example["long_answer_candidates"][long["candidate_index"]]
            assert dict(long, top_level=True) == dict(
                candidate, candidate_index=long["candidate_index"])
            for short in annotation["short_answers"]:
                assert long["start_token"] < short["start_token"] < short["end_token"]
                assert short["end_token"] < long["end_token"]
                assert_offsets(short, tokens)
                assert not any(t["html_token"] for t in
                               tokens[short["start_token"]:short["end_token"]])
            assert not (annotation["short_answers"] and annotation["yes_no_answer"] != "NONE")


def test_lengths_and_ids(everything):
    lengths = [len(sample.page.tokens) for sample in everything]
    assert min(lengths) >= 200
    assert max(lengths) <= 5200
    ids = [sample.example["example_id"] for sample in everything]
    assert len(set(ids)) == len(ids)
    assert min(ids) < 0 < max(ids)
    assert all(-2 ** 63 <= i < 2 ** 63 for i in ids)


def test_the_longest_page_stays_within_bounds():
    # One page in a hundred is long: the longest of 1,500 plans, written out.
    lengths = {}
    for index in range(1500):
        rng = corpus.page_rng("train", index, SEED)
        lengths[index] = make_plan(rng, Namer(rng, "train")).length
    longest = max(lengths, key=lengths.get)
    assert lengths[longest] > 4500
    assert 4000 < len(corpus.make_samples("train", longest, SEED)[0].page.tokens) <= 5200


def test_fields_of_an_example(samples):
    example = samples["dev"][0].example
    assert set(example) == {
        "annotations", "document_html", "document_title", "document_tokens", "document_url",
        "example_id", "long_answer_candidates", "question_text", "question_tokens"}
    assert example["question_text"] == " ".join(example["question_tokens"])
    assert example["question_text"] == example["question_text"].lower()
    assert "?" not in example["question_text"]
    assert example["document_title"].lower() in example["question_text"].replace(" 's", "'s")


def test_oddities_of_real_pages_occur():
    seen = collections.Counter()
    for index in range(150):
        built = corpus.make_samples("train", index, SEED)[0].page
        words = [t["token"] for t in built.tokens if not t["html_token"]]
        text = " ".join(words)
        seen["no-break space"] += "\u00a0" in text
        seen["reference"] += any(w[0] == "[" and w[-1] == "]" for w in words)
        seen["accent"] += any(c in text for c in "\u00e1\u00e9\u00ed\u00f6\u00fc")
        seen["other script"] += any(0x0370 <= ord(c) < 0xa000 and not 0x2000 <= ord(c) < 0x2100
                                    for c in text)
        seen["entity"] += "&amp;" in built.html
        for candidate in built.candidates:
            tokens = built.tokens[candidate["start_token"]:candidate["end_token"]]
            kinds_of = [t["token"] for t in tokens if t["html_token"]]
            seen["empty candidate"] += len(kinds_of) == len(tokens)
            seen["list in a table"] += kinds_of[0] == "<Table>" and "<Ul>" in kinds_of
            seen["<Dl>"] += kinds_of[0] == "<Dl>"
            seen["<Ol>"] += kinds_of[0] == "<Ol>"
    assert all(seen.values()), seen


# Questions and answers.


def test_short_answers_are_the_values_of_the_plan(everything):
    seen = 0
    for sample in everything:
        if sample.question.answer_type != "short":
            continue
        seen += 1
        wanted = {f.value for f in sample.plan.facts if f.relation.name == sample.question.about}
        assert len(wanted) == 1
        for answer in sample.answers:
            assert [t.replace(" ", "") for t in texts(sample, answer.short)] == [
                wanted.copy().pop().replace(" ", "")]
            assert answer.yes_no == "NONE"
    assert seen > 100


def test_the_other_types_of_answer(everything):
    by_type = collections.defaultdict(list)
    for sample in everything:
        by_type[sample.question.answer_type].append(sample)
    assert all(s.answers == [] for s in by_type["null"])
    for sample in by_type["long"]:
        (answer,) = sample.answers
        assert (answer.short, answer.yes_no) == ([], "NONE")
        topic = next(t for t in sample.plan.topics if sample.question.about == t.questions[0])
        (paragraph,) = texts(sample, [answer.long])
        assert " ".join(page.Page.words(topic.more[0])) in paragraph
    for sample in by_type["yes/no"]:
        (answer,) = sample.answers
        (truth,) = [yes for choice, yes in sample.plan.choices
                    if choice.question == sample.question.about]
        assert (answer.short, answer.yes_no) == ([], "YES" if truth else "NO")
    for sample in by_type["multi"]:
        (answer,) = sample.answers
        (listed,) = [v for x, v in sample.plan.listings
                     if x.questions[0] == sample.question.about]
        assert texts(sample, answer.short) == [" ".join(page.Page.words(v)) for v in listed]
    assert {t for t in by_type if by_type[t]} == {"short", "null", "long", "yes/no", "multi"}


def test_a_null_question_asks_what_the_page_does_not_say(everything):
    for sample in everything:
        if sample.question.answer_type == "null":
            assert sample.question.about not in [f.relation.name for f in sample.plan.facts]


def test_mix_of_answer_types():
    types = collections.Counter(
        sample.question.answer_type for index in range(400)
        for sample in corpus.make_samples("train", index, SEED, 3))
    total = sum(types.values())
    null = types.pop("null")
    assert 0.30 < null / total < 0.40
    shares = {name: n / (total - null) for name, n in types.items()}
    assert 0.70 < shares["short"] < 0.82
    assert 0.06 < shares["long"] < 0.14
    assert 0.06 < shares["yes/no"] < 0.14
    assert 0.02 < shares["multi"] < 0.07


def test_every_relation_can_be_asked_in_every_way():
    for kind in kinds.KINDS:
        assert len(kind.relations) >= 3
        for relation in (RELATIONS[name] for name in kind.relations):
            assert relation.value in values.KINDS
            assert len(relation.questions) >= 4
            assert len(relation.sentences) >= 3
            assert all(q.count("{x}") == 1 for q in relation.questions)
            assert all(s.count("{v}") == 1 for s in relation.sentences)


# The two splits.


def test_no_invented_word_is_in_both_splits(samples):
    used = {split: {w for s in samples[split] for w in s.names} for split in SPLITS}
    for split in SPLITS:
        assert {names.split_of(word) for word in used[split]} == {split}
    # Nor does one occur in any text of the other split, in lower case.
    for split, other in itertools.permutations(SPLITS):
        written = {t["token"].lower() for s in samples[other] for t in s.page.tokens}
        assert not {word.lower() for word in used[split]} & written
    # Titles, and answers that are names, consist of such words.
    named = {r.name for r in RELATIONS.values() if r.value in ("person", "place")}
    for sample in samples["dev"]:
        if sample.question.about in named:
            for text in (t for a in sample.answers for t in texts(sample, a.short)):
                assert set(text.split()) <= set(sample.names)


def test_split_ignores_case_and_accents():
    for word in ("Tovin", "Marel", "Kask", "Zuno"):
        assert {names.split_of(w) for w in (word, word.lower(), word.upper())} == {
            names.split_of(word)}
    assert names.split_of("Kl\u00e1st") == names.split_of("Klast")
    with pytest.raises(ValueError, match="split is 'test'"):
        Namer(None, "test")


def test_train_has_one_annotation_and_dev_five_that_disagree(samples):
    assert {len(s.example["annotations"]) for s in samples["train"]} == {1}
    assert {len(s.example["annotations"]) for s in samples["dev"]} == {5}
    answered = [s for s in samples["dev"] if s.answers]

    def marks(annotation):
        return orjson.dumps({k: v for k, v in annotation.items() if k != "annotation_id"})

    split_votes = [s for s in answered if len(set(map(marks, s.example["annotations"]))) > 1]
    assert 0.3 < len(split_votes) / len(answered) < 1
    ids = [a["annotation_id"] for s in samples["dev"] for a in s.example["annotations"]]
    assert len(set(ids)) == len(ids)


def test_the_canonical_answer_scores_above_nine_tenths(samples, tmp_path):
    nq_eval = pytest.importorskip("natural_questions.nq_eval")
    packed = tmp_path / "nq-dev-00.jsonl.gz"
    with igzip.open(str(packed), "wb") as f:
        f.writelines(orjson.dumps(s.example) + b"\n" for s in samples["dev"])
    predictions = tmp_path / "predictions.json"
    predictions.write_bytes(orjson.dumps({"predictions": [canonical(s) for s in samples["dev"]]}))
    scores = nq_eval.get_metrics_as_dict(str(packed), str(predictions), num_threads=1)
    assert scores["short-best-threshold-f1"] > 0.9
    assert scores["long-best-threshold-f1"] > 0.9


def canonical(sample):
    """The first right answer as a prediction, with a score of 1, or none with a score of 0."""
    nothing = {"start_token": -1, "end_token": -1, "start_byte": -1, "end_byte": -1}
    answer = sample.answers[0] if sample.answers else None
    return {
        "example_id": sample.example["example_id"],
        "long_answer": sample.page.offsets(answer.long) if answer else nothing,
        "long_answer_score": float(bool(answer)),
        "short_answers": [sample.page.offsets(s) for s in answer.short] if answer else [],
        "short_answers_score": float(bool(answer)),
        "yes_no_answer": answer.yes_no if answer else "NONE",
    }


# Always the same.


def test_names_stay_the_same_on_every_runtime():
    namer = Namer(random.Random("names"), "dev")
    assert [namer.person(), namer.place(), namer.work(), namer.company()] == [
        "Louto Krarrow", "Voukona", "The Orchard of Thaskoulmdale", "Tiver Works"]


def test_a_page_depends_only_on_seed_split_and_number():
    once = corpus.make_samples("train", 5, SEED, 3)
    again = corpus.make_samples("train", 5, SEED, 3)
    assert [s.example for s in once] == [s.example for s in again]
    # Asking less changes nothing in what is asked first.
    assert corpus.make_samples("train", 5, SEED, 1)[0].example == once[0].example
    assert list(corpus.generate("train", 6, SEED, 3))[15:] == [s.example for s in once]
    assert corpus.make_samples("train", 5, 18)[0].page.html != once[0].page.html
    assert corpus.make_samples("dev", 5, SEED)[0].page.html != once[0].page.html


def test_shards_hold_the_same_whatever_their_number(tmp_path):
    def written(folder, shards):
        for _ in corpus.write_shards(str(tmp_path / folder), "train", 7, shards, SEED, 2):
            pass
        paths = sorted(glob.glob(str(tmp_path / folder / "nq-train-*.jsonl.gz")))
        assert [os.path.basename(p) for p in paths] == [
            "nq-train-%02d.jsonl.gz" % i for i in range(shards)]
        return paths

    def bytes_of(paths):
        return [open(path, "rb").read() for path in paths]

    def lines_of(paths):
        return sorted(line for path in paths for line in igzip.open(path))

    two = written("two", 2)
    assert bytes_of(two) == bytes_of(written("two-again", 2))
    assert lines_of(two) == lines_of(written("three", 3))
    # Pages 0, 2, 4 and 6 with two questions each.
    assert [orjson.loads(line)["example_id"] for line in igzip.open(two[0])] == [
        corpus.example_id("train", index, number, SEED)
        for index in (0, 2, 4, 6) for number in (0, 1)]


# The program.


def test_program(tmp_path):
    done = programs.run("demos/make_sample_corpus.py", "--output_dir=%s" % tmp_path,
                        "--num_train_pages=6", "--num_dev_pages=4", "--shards_train=3",
                        "--train_questions=2")
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(str(tmp_path))) == [
        "nq-dev-00.jsonl.gz", "nq-dev-01.jsonl.gz", "nq-train-00.jsonl.gz",
        "nq-train-01.jsonl.gz", "nq-train-02.jsonl.gz"]
    lines = done.stdout.split("\n")
    assert [line.split() for line in lines if line.startswith(("train", "dev", "  pages",
                                                               "  questions"))] == [
        ["train"], ["pages", "6"], ["questions", "12"], ["dev"], ["pages", "4"],
        ["questions", "4"]]
    assert "prepare/extract_train_set.py --data_dir=%s" % tmp_path in done.stdout


def test_program_tells_what_is_wrong(tmp_path):
    def error(*args):
        return programs.error_line(programs.run("demos/make_sample_corpus.py", *args))

    assert error() == "error: --output_dir is needed: Folder for the shards."
    out = "--output_dir=%s" % tmp_path
    assert error(out, "--num_dev_pages=1") == (
        "error: --num_dev_pages=1 is less than --shards_dev=2: every shard needs one")
    assert error(out, "--shards_train=0") == (
        "error: --shards_train=0: between 1 and 100 are possible")
    assert error(out, "--train_questions=6") == (
        "error: --train_questions=6: between 1 and 5 are possible")
    stale = tmp_path / "nq-train-07.jsonl.gz"
    stale.write_bytes(b"")
    assert error(out) == ("error: %s would be read together with the 4 new shards: remove it or "
                          "choose another folder" % stale)
    assert os.listdir(str(tmp_path)) == ["nq-train-07.jsonl.gz"]
