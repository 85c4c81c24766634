"""The command bert-nq: it lists the programs and runs them by name."""
import ast
import glob
import os
import subprocess
import sys

import pytest

import bert_nq
from bert_nq.cli import command, program_files
from tests.support import programs
from tests.support.nq_pages import make_page, write_shard
from tests.support.programs import ROOT


def bert_nq_command(*args, **options):
    """Runs bert-nq; the code is what setup.py's entry point makes of it."""
    code = "import sys; from bert_nq.cli.command import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code, *args], capture_output=True,
                          text=True, env=dict(os.environ, PYTHONPATH=ROOT), **options)


def test_all_programs_are_listed_with_the_first_line_of_their_docstrings():
    paths = [path for folder in ("prepare", "augment", "records", "eval")
             for path in glob.glob(os.path.join(ROOT, folder, "*.py"))]
    paths += [os.path.join(ROOT, "bert_nq", name)
              for name in ("ask.py", "run_nq.py", "run_nq_spark.py", "run_quesbelm_spark.py",
                           "run_squad.py", "serve.py")]
    assert len(paths) >= 17
    done = bert_nq_command()
    assert (done.returncode, done.stderr) == (0, "")
    for path in paths:
        with open(path, encoding="utf8") as f:
            summary = ast.get_docstring(ast.parse(f.read())).splitlines()[0]
        name = os.path.basename(path)[:-len(".py")]
        assert [line for line in done.stdout.splitlines() if line.split()[:1] == [name]] == [
            "  %-21s  %s" % (name, summary)]
    assert "\nScore, combine and look at predictions\n  classifier_eval  " in done.stdout


def test_help_is_the_list(capsys):
    assert [command.main([flag]) for flag in ("-h", "--help")] == [0, 0]
    assert capsys.readouterr().out == 2 * (command.listing() + "\n")


def test_a_reader_that_has_seen_enough():
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from bert_nq.cli.command import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE,
                          env=dict(os.environ, PYTHONPATH=ROOT))
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_version(capsys):
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out == "bert_nq %s\n" % bert_nq.__version__


@pytest.mark.parametrize("name, message", [
    ("nq_evl", "'nq_evl': is nq_eval or squad_eval meant?"),
    ("extract", "'extract': is extract_dev_set or extract_train_set meant?"),
    ("make_vocab.py", "'make_vocab.py': is make_vocab meant?"),
    ("zzz", "'zzz'"),
])
def test_an_unknown_name(name, message, capsys):
    assert command.main([name]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (
        "", "error: there is no program %s; bert-nq alone lists them\n" % message)


@pytest.mark.parametrize("name", sorted(program_files.find_all()))
def test_help_of_a_program_is_its_own_and_comes_before_tensorflow(name):
    done = programs.run_before_tensorflow("bert_nq/cli/command.py", name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(program_files.find_all()[name].summary)
    # The program's flags count as its own, which --help shows in full.
    assert "\n%s:\n  --" % program_files.find_all()[name].path in done.stdout
    # The examples call the program as its reader did.
    assert "bert-nq %s --" % name in done.stdout and "python " not in done.stdout


def test_a_program_runs_as_it_does_by_its_file(tmp_path):
    shard = write_shard(tmp_path / "dev.jsonl.gz", [make_page("<P> a river </P>", 1)])
    done = bert_nq_command("extract_dev_set", "--input_jsonl=" + shard,
                           "--output_jsonl=out.jsonl.gz", "--seed=7", cwd=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "bert-nq run_nq --do_predict --predict_file=out.jsonl.gz" in done.stdout
    flags = (tmp_path / "out.flags").read_text().splitlines()
    assert {"--seed=7", "--input_jsonl=" + shard} < set(flags)


def test_errors_of_a_program_are_its_own():
    done = bert_nq_command("make_vocab", "--no_such_flag=1")
    assert done.returncode == 1
    assert "Unknown command line flag 'no_such_flag'" in done.stderr
    done = bert_nq_command("nq_eval", "stray")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "unexpected argument 'stray': flags are written --name=value\n"
