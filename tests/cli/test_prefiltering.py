"""--prefilter and what is kept, from the flags to a plan."""
import subprocess
import sys

import pytest

from bert_nq.base.errors import UserError
from bert_nq.cli import prefiltering
from bert_nq.cli.flags.candidate_scores import Wanted
from bert_nq.features.cascade import Stage
from tests.support import candidate_pages, own_pages
from tests.support.score_files import write_scores

# Defines the flags, takes those of the command line, and prints what they want.
CODE = """
import sys
from absl import flags
from bert_nq.base.errors import UserError
from bert_nq.cli.flags import candidate_scores

wanted = candidate_scores.define_prefilter_flags()
for line in sys.stdin:
    flags.FLAGS.unparse_flags()
    for name in ("prefilter", "keep", "keep_threshold"):
        flags.FLAGS[name].unparse()
    flags.FLAGS(["program"] + line.split())
    try:
        found = wanted()
        print(found and (found.folders, [tuple(stage) for stage in found.stages]))
    except UserError as e:
        print(e)
assert "tensorflow" not in sys.modules
"""
CASES = [
    ("", "None"),
    ("--prefilter=a", "(('a',), [(10, 0.0)])"),
    ("--prefilter=a,b --keep=9", "(('a', 'b'), [(9, 0.0), (9, 0.0)])"),
    ("--prefilter=a,b --keep=10,4 --keep_threshold=0.2,0.35",
     "(('a', 'b'), [(10, 0.2), (4, 0.35)])"),
    ("--prefilter=s.jsonl --keep=3", "((), [(3, 0.0)])"),
    ("--keep=10 --keep_threshold=0.0", "None"),  # the defaults, as in flag files of runs
    ("--keep=9", "--keep is for --prefilter, which is not given"),
    ("--prefilter=a,none", "--prefilter: a is the folder of a model, none is none: give models, or "
                           "files of scores"),
    ("--prefilter=a,", "--prefilter: a is the folder of a model, an empty name is none: give "
                       "models, or files of scores"),
    ("--prefilter=a --keep=10,4", "--keep=10,4: give one number"),
    ("--prefilter=s.jsonl --keep=10,4", "--keep=10,4: give one number"),
    ("--prefilter=a,b --keep=9,4,1",
     "--keep=9,4,1: give one number, or 2, one for each model of --prefilter"),
    ("--prefilter=a --keep=", "--keep=: give one number"),
    ("--prefilter=a --keep=some", "--keep=some: a whole number is wanted"),
    ("--prefilter=a --keep_threshold=x", "--keep_threshold=x: a number is wanted"),
    ("--prefilter=a,b --keep=3,0", "--keep must be at least 1, it is 0"),
    ("--prefilter=a --keep_threshold=nan",
     "--keep_threshold=nan is not a number from 0 to below 1"),
]


def test_flags(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    write_scores(tmp_path / "s.jsonl", {})
    done = subprocess.run([sys.executable, "-c", CODE], cwd=str(tmp_path), text=True,
                          input="".join(flags + "\n" for flags, _ in CASES), capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [wanted for _, wanted in CASES]


def test_models_are_looked_into(tmp_path):
    small = candidate_pages.write_model(tmp_path / "small")
    joint = own_pages.write_nq_model(tmp_path / "joint")
    stages = Stage(10, 0.2), Stage(4, 0.35)
    plan = prefiltering.make_plan(Wanted(None, (small, joint), stages))
    assert [(model.trained.task.name, model.trained.windows.max_seq_length, model.stage)
            for model in plan.models] == [("quesbelm", 32, stages[0]), ("nq_joint", 64, stages[1])]
    assert {model.scorer.name for model in plan.models} == {"candidate_scores"}
    assert prefiltering.make_plan(None) == prefiltering.Plan()
    plan.check_weights()


@pytest.mark.parametrize("write, message", [
    (own_pages.write_squad_model, "the model in .* is of the task squad, which has no candidates"),
    (lambda path: path.mkdir(), "is not the folder of a trained model: it has no bert_config.json, "
                                "vocab.txt, model.json, which training writes"),
    (lambda path: candidate_pages.write_model(path, max_seq_length=1000), "positions for 96"),
])
def test_what_is_no_reader_of_candidates(tmp_path, write, message):
    write(tmp_path / "model")
    with pytest.raises(UserError, match="--prefilter: .*" + message):
        prefiltering.make_plan(Wanted(None, (str(tmp_path / "model"),), (Stage(),)))
