"""Examples with the id of an earlier one, in one file or in several."""
import pytest

from bert_nq.datasets.nq import shards
from bert_nq.datasets.squad.reading import READING
from bert_nq.features.options import TextOptions
from bert_nq.features.squad_options import SquadOptions
from bert_nq.features.squad_windows import FEATURIZER
from bert_nq.records import job
from bert_nq.records.preparation import PreparationOptions
from tests.support.nq_pages import write_shard
from tests.support.squad_samples import ARON, qa, write_squad
from tests.support.tiny_nq import place_page, preparation_options, write_vocabulary


@pytest.fixture(name="vocab", scope="module")
def fixture_vocab(tmp_path_factory):
    return write_vocabulary(tmp_path_factory.mktemp("vocab") / "vocab.txt")


def squad(folder, *files):
    """Writes files with questions of these ids; returns their paths."""
    return [write_squad(folder / ("%d.json" % i), [
        qa(key, "what flows by Aron ?", ("The river", ARON.index("The river"))) for key in keys])
        for i, keys in enumerate(files)]


def made(paths, output, options, reading, num_workers=2, **changes):
    """The counts of a preparation, and what it said."""
    notes = []
    result = job.run_job(job.Job(options, reading, paths, str(output), **changes), num_workers,
                         note=notes.append)
    return result.manifest.counts, notes


def squad_options(vocab, is_training=True):
    return PreparationOptions(FEATURIZER, TextOptions(vocab), SquadOptions(), is_training)


@pytest.mark.parametrize("is_training, changes", [
    (True, {}), (False, {}), (True, {"max_examples": 9})])
def test_questions_of_several_files(vocab, tmp_path, is_training, changes):
    paths = squad(tmp_path, ["a", "b"], ["c", "b", "a"], ["a"])
    counts, notes = made(paths, tmp_path / "x", squad_options(vocab, is_training), READING,
                         **changes)
    assert (counts["pages"], counts["repeated"], counts["records"]) == (6, 3, 6)
    assert notes == [
        "%s, question 2 has the id of %s, question 2, id b: both are taken" % (paths[1], paths[0]),
        "%s, question 3 has the id of %s, question 1, id a: both are taken" % (paths[1], paths[0]),
        "%s, question 1 has the id of %s, question 1, id a: both are taken" % (paths[2], paths[0])]


def test_only_the_first_are_named(vocab, tmp_path):
    paths = squad(tmp_path, "abcde", "abcde")
    counts, notes = made(paths, tmp_path / "x", squad_options(vocab), READING)
    assert (counts["repeated"], len(notes)) == (5, 4)
    assert notes[-1] == "ids of others: 2 more"


def test_where_none_comes_twice_nothing_is_told(vocab, tmp_path):
    counts, notes = made(squad(tmp_path, "ab", "cd"), tmp_path / "x", squad_options(vocab), READING)
    assert ("repeated" in counts, notes) == (False, [])


def test_pages_of_one_shard(vocab, tmp_path):
    path = write_shard(tmp_path / "pages.jsonl", [place_page(i) for i in (0, 1, 0)])
    counts, notes = made([path], tmp_path / "x", preparation_options(vocab), shards.READING)
    assert (counts["pages"], counts["repeated"]) == (3, 1)
    assert notes == ["%s, line 3 has the id of %s, line 1, number 1000: both are taken"
                     % (path, path)]
