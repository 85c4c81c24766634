"""prepare/extract_train_set.py and extract_dev_set.py, run as a person runs them."""
import gzip
import os
import re
import signal
import subprocess

import pytest

from bert_nq.datasets.nq.simplify import simplify
from tests.support.nq_pages import make_annotation, make_line, make_page, read_shard, write_shard
from tests.support.programs import command, error_line, next_command, run

TRAIN, DEV = "prepare/extract_train_set.py", "prepare/extract_dev_set.py"
ANSWERS = [make_annotation(), make_annotation(0), make_annotation(0, [(1, 2)]),
           make_annotation(0, yes_no="YES"), make_annotation(0, yes_no="NO")]


def pages(ids):
    """Pages whose one annotation is null, long, short, yes, no, in turn."""
    return [make_page("<P> a town </P>", example_id=i, annotations=[ANSWERS[i % 5]]) for i in ids]


def ids_of(path):
    return [record["example_id"] for record in read_shard(path)]


def rows(stdout):
    """The numbers of the summary by the name in front of them."""
    found = re.findall(r"^  (\S.*?)  +([\d,]+)(?: +([\d,]+))?$", stdout, re.MULTILINE)
    return {name: tuple(int(n.replace(",", "")) for n in numbers if n) for name, *numbers in found}


@pytest.fixture
def shards(tmp_path):
    """A folder as it is downloaded: nq-train-08 to nq-train-10 with 4 pages each."""
    folder = tmp_path / "train"
    folder.mkdir()
    for i in range(3):
        write_shard(folder / ("nq-train-%02d.jsonl.gz" % (8 + i)), pages(range(4 * i, 4 * i + 4)))
    return tmp_path


def test_summary_and_files(shards):
    output = shards / "out" / "train.jsonl.gz"
    done = run(TRAIN, "--input_jsonl=%s/train/*" % shards, "--output_jsonl=%s" % output)
    assert (done.returncode, done.stderr) == (0, "")
    assert ids_of(output) == list(range(12))
    # Ids 0 5 10 are null, 1 6 11 long, 2 7 short, 3 8 yes, 4 9 no; all but null have a long one.
    assert rows(done.stdout) == {
        "all": (12, 12), "with a long answer": (9, 9), "with a short answer": (2, 2),
        "yes": (2, 2), "no": (2, 2), "null": (3, 3),
        "shards": (3,), "usable pages": (12,), "skipped": (0,),
        "pages with an id seen before": (0,)}
    assert "Written: %s\n" % output in done.stdout
    assert "prepare_nq_data.py --input_jsonl=%s " % output in done.stdout
    assert sorted(os.listdir(str(output.parent))) == ["train.flags", "train.jsonl.gz"]


def test_the_flag_file_repeats_the_run(shards):
    output = shards / "train.jsonl.gz"
    run(TRAIN, "--input_jsonl=%s/train/*" % shards, "--output_jsonl=%s" % output, "--sample=5",
        "--seed=2")
    before = output.read_bytes()
    output.unlink()
    assert run(TRAIN, "--flagfile=%s/train.flags" % shards).returncode == 0
    assert output.read_bytes() == before
    assert len(ids_of(output)) == 5


@pytest.mark.parametrize("name", ["a b.jsonl", "line\nfeed.jsonl", "\udcff.jsonl", "-$(id)'.jsonl",
                                  "$'x'.jsonl", " blank.jsonl"])
def test_names_of_all_kinds(shards, name):
    done = run(TRAIN, "--input_jsonl=%s/train/*" % shards, "--output_jsonl=" + name,
               cwd=str(shards))
    assert (done.returncode, done.stderr) == (0, "")
    before = (shards / name).read_bytes()
    (shards / name).unlink()
    again = run(TRAIN, "--flagfile=" + name.replace(".jsonl", ".flags"), cwd=str(shards))
    assert (again.returncode, again.stderr) == (0, "")
    assert (shards / name).read_bytes() == before
    # The next command, pasted: the shell gives the program the name, whatever is in it.
    words = next_command(again.stdout).replace("\\\n", " ")
    words = words[words.index("--input_jsonl"):words.index(" --output_tfrecord")]
    given = subprocess.run(["bash", "-c", "printf %s " + words], stdout=subprocess.PIPE).stdout
    assert os.fsdecode(given) == "--input_jsonl=" + name


@pytest.mark.parametrize("names", ["~/nq-train-0*,~/nq-train-10.jsonl.gz", "~/*"])
def test_shells_do_not_expand_home_folders_in_flags(shards, names):
    done = run(TRAIN, "--input_jsonl=" + names, "--output_jsonl=~/out.jsonl", cwd=str(shards),
               env=dict(os.environ, HOME=str(shards / "train")))
    assert (done.returncode, done.stderr) == (0, "")
    assert ids_of(shards / "train" / "out.jsonl") == list(range(12))
    assert "--output_jsonl=%s/train/out.jsonl\n" % shards in (
        shards / "train" / "out.flags").read_text()
    assert not (shards / "~").exists()


def test_the_first_shards_of_a_folder_by_number(tmp_path):
    # By name, nq-dev-10 would come before nq-dev-2. What else lies there is left alone.
    for name, i in (("nq-dev-10", 3), ("nq-dev-2", 1), ("nq-dev-3", 2), ("nq-dev-all", 4)):
        write_shard(tmp_path / (name + ".jsonl.gz"), pages([i]))
    output = tmp_path / "out.jsonl"
    done = run(DEV, "--data_dir=%s" % tmp_path, "--num_dev=2", "--output_jsonl=%s" % output)
    assert done.returncode == 0, done.stderr
    assert ids_of(output) == [1, 2]
    assert "run_nq.py --do_predict --predict_file=%s " % output in done.stdout
    run(DEV, "--data_dir=%s" % tmp_path, "--output_jsonl=%s" % output)
    assert ids_of(output) == [1, 2, 3]


def test_the_folder_above(shards):
    output = shards / "out.jsonl.gz"
    assert run(TRAIN, "--data_dir=%s" % shards, "--num_train=1",
               "--output_jsonl=%s" % output).returncode == 0
    assert ids_of(output) == [0, 1, 2, 3]


def test_balanced_shards_simplified_and_answerable(shards):
    done = run(TRAIN, "--data_dir=%s" % shards, "--output_jsonl=%s/part.jsonl.gz" % shards,
               "--num_shards=2", "--simplify", "--only_answerable")
    assert done.returncode == 0, done.stderr
    assert ids_of(shards / "part-00.jsonl.gz") == [1, 3, 6, 8, 11]
    assert ids_of(shards / "part-01.jsonl.gz") == [2, 4, 7, 9]
    assert read_shard(shards / "part-01.jsonl.gz")[0] == simplify(pages([2])[0])
    assert "--input_jsonl='%s/part-*.jsonl.gz'" % shards in done.stdout


def test_running_again_replaces(shards):
    output = shards / "out.jsonl.gz"
    seen = set()
    for _ in range(2):
        run(TRAIN, "--data_dir=%s" % shards, "--output_jsonl=%s" % output)
        seen.add(output.read_bytes())
    assert len(seen) == 1
    assert len(ids_of(output)) == 12


def test_duplicates_are_told(shards):
    write_shard(shards / "train" / "nq-train-11.jsonl.gz", pages([3, 11, 12]))
    done = run(TRAIN, "--data_dir=%s" % shards, "--output_jsonl=%s/out.jsonl" % shards)
    assert rows(done.stdout)["pages with an id seen before"] == (2,)


def test_skipping_what_is_unusable(shards):
    bad = write_shard(shards / "train" / "nq-train-11.jsonl.gz", pages([12]) + [b"{\n"])
    with open(bad, "ab") as out:
        out.write(gzip.compress(make_line(pages([13])[0]))[:-8])
    output = shards / "out.jsonl"
    done = run(TRAIN, "--data_dir=%s" % shards, "--output_jsonl=%s" % output,
               "--on_bad_input=skip")
    assert done.returncode == 0
    assert ids_of(output) == list(range(14))
    assert rows(done.stdout)["skipped"] == (2,)
    assert [line.split(":")[:2] for line in done.stderr.splitlines()] == [
        ["skipped", " %s, line 2" % bad], ["skipped", " %s, after line 3" % bad]]


def with_field(path, value):
    """A line whose value at a path of keys is another one."""
    record = pages([2])[0]
    parent = record
    for key in path[:-1]:
        parent = parent[key]
    if value is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return make_line(record)


@pytest.mark.parametrize("line, message", [
    (b'{"example_id": 1,\n', "line 2: not JSON"),
    (b'{"data": [], "version": "1.1"}\n', "line 2: neither document_tokens"),
    (b"\x80\x00record\n", "line 2: not JSON"),
    (with_field(["question_text"], None), "line 2: the field 'question_text' is missing"),
    (with_field(["long_answer_candidates", 0, "end_token"], 99),
     "line 2: long_answer_candidates[0] is tokens [0, 99), the document has 4"),
    (with_field(["annotations", 0, "long_answer", "candidate_index"], 7),
     "line 2: annotations[0].long_answer.candidate_index is 7, the page has 1 candidates"),
    (with_field(["annotations", 0, "short_answers", 0, "end_token"], 9),
     "line 2: annotations[0].short_answers[0] is tokens [1, 9), outside its long answer [0, 4)"),
])
def test_one_bad_line_gives_one_clear_line(tmp_path, line, message):
    path = write_shard(tmp_path / "a.jsonl.gz", pages([1]) + [line] + pages([3]))
    (tmp_path / "out.jsonl.gz").write_bytes(b"old")
    done = run(TRAIN, "--input_jsonl=%s" % path, "--output_jsonl=%s/out.jsonl.gz" % tmp_path)
    assert error_line(done).startswith("error: %s, %s" % (path, message))
    assert error_line(done).endswith("(--on_bad_input=skip goes on without it)")
    assert sorted(os.listdir(str(tmp_path))) == ["a.jsonl.gz", "out.jsonl.gz"]
    assert (tmp_path / "out.jsonl.gz").read_bytes() == b"old"


def test_a_shard_that_is_cut_off(tmp_path):
    path = write_shard(tmp_path / "a.jsonl.gz", pages(range(9)))
    os.truncate(path, os.path.getsize(path) - 5)
    done = run(TRAIN, "--input_jsonl=%s" % path, "--output_jsonl=%s/out.jsonl.gz" % tmp_path)
    assert error_line(done).startswith(
        "error: %s, after line 9: the gzip data are cut off or damaged" % path)
    assert os.listdir(str(tmp_path)) == ["a.jsonl.gz"]


@pytest.mark.parametrize("flags, message", [
    ([], "--output_jsonl is needed: The file to write"),
    (["--output_jsonl=o.jsonl"], "give either --input_jsonl or --data_dir"),
    (["--output_jsonl=o.jsonl", "--input_jsonl=*.gz", "--data_dir=train"],
     "give either --input_jsonl or --data_dir"),
    (["--output_jsonl=o.jsonl", "--input_jsonl=train/*", "--num_train=2"],
     "--num_train counts the shards of --data_dir"),
    (["--output_jsonl=o.jsonl", "--input_jsonl=dev/*.gz"], "no NQ shard file matches 'dev/*.gz'"),
    (["--output_jsonl=o.jsonl", "--input_jsonl=,"], "no NQ shard file given"),
    (["--output_jsonl=o.jsonl", "--input_jsonl=train"], "train is a folder: give the NQ shard"),
    (["--output_jsonl=o.jsonl", "--data_dir=missing"],
     "no NQ shard file matches 'missing/nq-train-*.jsonl.gz'"),
    (["--output_jsonl=o.jsonl", "--data_dir=.", "--num_train=4"],
     "--data_dir=. has 3 shards nq-train-NN.jsonl.gz, 4 are asked for"),
    (["--output_jsonl=o.tsv", "--data_dir=."], "the output 'o.tsv' must have a name that ends in"),
    (["--output_jsonl=train/nq-train-08.jsonl.gz", "--data_dir=."],
     "train/nq-train-08.jsonl.gz is input and output at once"),
    (["--output_jsonl=train/nq-train.jsonl.gz", "--data_dir=.", "--num_train=1",
      "--num_shards=2"], "train/nq-train-08.jsonl.gz would be left beside the 2 new shards"),
    (["--output_jsonl=o.jsonl", "--data_dir=.", "--sample=0"], "sample '0' is neither a share"),
    (["--output_jsonl=/proc/o.jsonl", "--data_dir=."], "cannot write /proc/o.jsonl"),
    (["--output_jsonl=train/nq-train-08.jsonl.gz/o.jsonl", "--data_dir=."],
     "cannot create the folder"),
])
def test_wrong_flags_give_one_clear_line(shards, flags, message):
    done = run(TRAIN, *flags, cwd=str(shards))
    assert message in error_line(done)
    assert sorted(os.listdir(str(shards))) == ["train"]


def split_into(folder, split, num_shards, num_pages):
    """Shards with the names of the full set and so many pages in all."""
    folder.mkdir()
    for i in range(num_shards):
        write_shard(folder / ("nq-%s-%02d.jsonl.gz" % (split, i)),
                    pages(range(i, num_pages, num_shards)))


@pytest.mark.parametrize("program, split, num_shards, pages_wanted", [
    (TRAIN, "train", 50, "307,373"), (DEV, "dev", 5, "7,830")])
@pytest.mark.parametrize("flags", [["--data_dir=%s"], ["--input_jsonl=%s/*.gz", "--sample=3"]])
def test_a_full_set_must_have_all_pages(tmp_path, program, split, num_shards, pages_wanted, flags):
    split_into(tmp_path / split, split, num_shards, 60)
    flags = [flag.replace("%s", str(tmp_path / split)) for flag in flags]
    flags.append("--output_jsonl=%s/out.jsonl" % tmp_path)
    assert error_line(run(program, *flags)) == (
        "error: the full set has %s pages, these shards have 60, nothing is written: check them "
        "with prepare/download_nq.py --verify, or go on with --nofull_set" % pages_wanted)
    assert os.listdir(str(tmp_path)) == [split]
    done = run(program, "--nofull_set", *flags)
    assert done.returncode == 0, done.stderr
    assert len(ids_of(tmp_path / "out.jsonl")) == (3 if "--sample=3" in flags else 60)
    assert "are there" not in done.stdout


def test_a_part_of_the_shards_is_no_full_set_unless_said(tmp_path):
    split_into(tmp_path / "train", "train", 50, 60)
    flags = ["--data_dir=%s" % tmp_path, "--output_jsonl=%s/out.jsonl" % tmp_path]
    assert run(TRAIN, "--num_train=49", *flags).returncode == 0
    message = error_line(run(TRAIN, "--num_train=49", "--full_set", *flags))
    # 50 shards for 60 pages: two each in the first ten. The last has one.
    assert "the full set has 307,373 pages, these shards have 59" in message


def test_the_full_dev_set(tmp_path):
    split_into(tmp_path / "dev", "dev", 5, 7829)
    flags = ["--data_dir=%s" % tmp_path, "--output_jsonl=%s/out.jsonl.gz" % tmp_path]
    assert "these shards have 7,829, nothing is written" in error_line(run(DEV, *flags))
    with gzip.open(str(tmp_path / "dev" / "nq-dev-02.jsonl.gz"), "ab") as out:
        out.write(make_line(pages([7829])[0]))
    done = run(DEV, *flags)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nAll 7,830 pages of the full dev set are there.\n" in done.stdout
    assert len(ids_of(tmp_path / "out.jsonl.gz")) == 7830


@pytest.mark.parametrize("num_shards", [1, 3])
def test_killed_in_the_middle(tmp_path, num_shards):
    old = write_shard(tmp_path / ("out.jsonl.gz" if num_shards == 1 else "out-01.jsonl.gz"),
                      pages([1, 2]))
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    args = ["--output_jsonl=%s/out.jsonl.gz" % tmp_path, "--num_shards=%d" % num_shards]
    process = subprocess.Popen(command(TRAIN, "--input_jsonl=%s" % pipe, *args))
    with open(pipe, "wb") as feed:
        # More than a pipe holds: when all is written, pages have been read.
        for page in pages(range(2000)):
            feed.write(make_line(page))
        feed.flush()
        temporary = [name for name in os.listdir(str(tmp_path)) if name.endswith(".tmp")]
        assert len(temporary) == num_shards
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert {name for name in os.listdir(str(tmp_path)) if not name.startswith(".")} == {
        "pipe", os.path.basename(old)}
    assert ids_of(old) == [1, 2]

    path = write_shard(tmp_path / "in.jsonl", pages(range(7)))
    done = run(TRAIN, "--input_jsonl=%s" % path, *args)
    assert done.returncode == 0, done.stderr
    assert ids_of(old) == (list(range(7)) if num_shards == 1 else [1, 4])


def test_interrupted(tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    output = tmp_path / "out.jsonl"
    output.write_bytes(b"old")
    process = subprocess.Popen(
        command(TRAIN, "--input_jsonl=%s" % pipe, "--output_jsonl=%s" % output),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    with open(pipe, "wb") as feed:
        feed.write(b"".join(map(make_line, pages(range(2000)))))
        feed.flush()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr == "interrupted: files that were not finished have been left as they were\n"
    assert sorted(os.listdir(str(tmp_path))) == ["out.jsonl", "pipe"]
    assert output.read_bytes() == b"old"


def test_real_pages(shared_data, tmp_path):
    train = run(TRAIN, "--data_dir=%s/nq" % shared_data, "--output_jsonl=%s/train.jsonl" % tmp_path)
    assert (rows(train.stdout)["all"], rows(train.stdout)["shards"]) == ((3, 3), (2,))
    original = b"".join(gzip.decompress(open(p, "rb").read()) for p in (
        "%s/nq/nq-train-00.jsonl.gz" % shared_data, "%s/nq/nq-train-01.jsonl.gz" % shared_data))
    assert (tmp_path / "train.jsonl").read_bytes() == original
    dev = run(DEV, "--data_dir=%s/nq" % shared_data, "--output_jsonl=%s/dev.jsonl" % tmp_path)
    assert rows(dev.stdout)["all"] == (2, 10)
