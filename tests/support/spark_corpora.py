"""Pages for Spark jobs, and what the programs that do without Spark make of them."""
import os
import re
import subprocess

from tests.support import programs, tiny_model, tiny_wordnet
from tests.support.nq_pages import write_shard
from tests.support.score_files import write_scores
from tests.support.tiny_nq import place_page, write_vocabulary

_WINDOWS = {"max_seq_length": 64, "doc_stride": 16, "max_query_length": 16}


def contents(folder):
    """The contents of the files of a folder; a manifest names no folder of outputs."""
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))}


class Preparation:
    """Shards that are prepared; the first is not zipped and large enough to be several tasks.

    Attributes:
      folder: has the shards, vocab.txt, scores.jsonl.gz and wordnet.
    """
    PROGRAM = "prepare/prepare_nq_data_spark.py"
    NUM_SHARDS, PAGES = 16, 24

    def __init__(self, folder):
        self.folder = folder
        write_vocabulary(folder / "vocab.txt")
        self.first = folder / "s-00.jsonl"
        write_shard(self.first, [place_page(i, filler=20) for i in range(5 * self.PAGES)])
        for shard in range(1, self.NUM_SHARDS):
            write_shard(folder / ("s-%02d.jsonl.gz" % shard), [
                place_page((5 + shard - 1) * self.PAGES + i, filler=20)
                for i in range(self.PAGES)])
        assert self.first.stat().st_size >= 2 << 20
        self.num_pages = (5 + self.NUM_SHARDS - 1) * self.PAGES
        write_scores(folder / "scores.jsonl.gz", {
            1000 + i: {0: 0.1, 1: 0.5, 2: i % 10 / 10} for i in range(self.num_pages)})
        tiny_wordnet.write(folder / "wordnet")

    def arguments(self, output, **flags):
        """Those of a program that writes records to the path `output`."""
        values = dict({
            "input_jsonl": self.folder / "s-*.jsonl*", "vocab_file": self.folder / "vocab.txt",
            "output_tfrecord": output, "include_unknowns": 0.5, "num_output_shards": 3},
            **_WINDOWS, **flags)
        return ["--%s=%s" % item for item in values.items()]

    def made_locally(self, folder, **flags):
        """The files that prepare_nq_data.py makes, and its summary."""
        done = programs.run("prepare/prepare_nq_data.py",
                            *self.arguments(folder / "x.tfrecord", **flags))
        assert done.returncode == 0, done.stderr
        return contents(folder), done.stdout


class Prediction:
    """Shards and a model; the first shard is not zipped and large enough to be two tasks.

    Attributes:
      folder: has the shards and the folder of the model, model.
      num_pages: in all shards.
    """
    PROGRAM = "bert_nq/run_nq_spark.py"
    NUM_SHARDS, PAGES = 40, 8
    _FIRST_PAGES = 70

    def __init__(self, folder):
        self.folder = folder
        self.num_pages = self._FIRST_PAGES + (self.NUM_SHARDS - 1) * self.PAGES
        tiny_model.write(folder / "model")
        # What nobody reads makes it large, and not slow: 70 pages are 3 chunks.
        write_shard(folder / "s-00.jsonl", [
            dict(place_page(i, filler=1 + i % 2), document_html="<p>" + "x" * 40000)
            for i in range(self._FIRST_PAGES)])
        for shard in range(1, self.NUM_SHARDS):
            write_shard(folder / ("s-%02d.jsonl.gz" % shard), [
                place_page(i, example_id=1000 * shard + 100 + i, filler=1 + i % 2)
                for i in range(self.PAGES)])

    def arguments(self, output, **flags):
        """Those of a program that writes its files to the folder `output`."""
        model = self.folder / "model"
        values = dict({
            "predict_file": self.folder / "s-*.jsonl*", "vocab_file": model / "vocab.txt",
            "bert_config_file": model / "bert_config.json", "output_dir": model,
            "output_prediction_file": output / "predictions.json",
            "output_nbest_file": output / "nbest.json"}, **_WINDOWS, **flags)
        return ["--%s=%s" % item for item in values.items()]

    def predicted(self, output, **flags):
        """The output of run_nq.py."""
        done = programs.run("bert_nq/run_nq.py", "--do_predict", *self.arguments(output, **flags))
        assert done.returncode == 0, done.stderr
        return done.stdout


def submitted(program, master):
    """The words that have spark-submit run a program, to which its arguments are added."""
    bin_folder = os.path.dirname(programs.command("")[0])
    return [os.path.join(bin_folder, "spark-submit"), "--master", master,
            os.path.join(programs.ROOT, program)]


def start(corpus, master, env, output, log, submit=False, **flags):
    """The program for a corpus, running.

    Args:
      corpus: a Preparation or a Prediction.
      master: the URL of Spark's.
      env: the environment, of spark_cluster.
      output: for the corpus's arguments.
      log: where it writes, with a line of progress for every step, a pathlib.Path.
      submit: whether spark-submit runs it.
      **flags: more of its flags.
    """
    with open(str(log), "wb") as out:
        if submit:
            words = submitted(corpus.PROGRAM, master)
        else:
            words = programs.command(corpus.PROGRAM, "--master=" + master)
        return subprocess.Popen(
            words + corpus.arguments(output, progress_seconds=0, **flags), env=env, stdout=out,
            stderr=out)


def last_pages(log):
    """How many pages were done by the last line of a prediction's progress.

    Args:
      log: what the program said so far, a pathlib.Path.
    """
    return int((re.findall(r"^predicting: pages (\d+) ", log.read_text(), re.MULTILINE)
                or ["0"])[-1])
