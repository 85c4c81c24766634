r"""The system that tinyBERT-NQ trained with synonyms, "90k", beside the one without, "60k".

On a made-up encyclopedia, in some minutes:

    python demo_syn.py --output_dir=build/demo

On real NQ shards, as demo_60k.py:

    python demo_syn.py --data_dir=DIR --vocab_file=vocab-nq.txt \
        --init_checkpoint=uncased_L-2_H-128_A-2/bert_model.ckpt --output_dir=demo_60k

Both systems have the same pages, vocabulary, initial weights and settings, those of demo_60k; of
the second one's training pages there are copies as well, with synonyms in place of some words.
WordNet has to be there for it. As in that project this makes more windows and, in as many epochs,
more steps: what the second system gains may come from being trained for longer.

What demo_60k has made in --output_dir is taken from there; the second system is in its folder syn/.
A stage whose output is there is not run again.
"""
from bert_nq.cli.start import run

import os
import sys
import time

from absl import flags

from bert_nq.cli import program

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # for nq_demo

import nq_demo  # noqa: E402

FLAGS = flags.FLAGS

nq_demo.define_flags()
flags.DEFINE_string("wordnet_dir", None, "Where WordNet is, if not in its usual places.")
flags.DEFINE_enum("mode", "standard", ["standard", "seed"], "How words are replaced, see "
                  "augment_nq_data.py; seed is what tinyBERT-NQ meant to do, in the folder "
                  "syn-seed/.")


def main():
    start = time.time()
    demo = nq_demo.Demo()
    train, dev = demo.shards()
    # Before any long work, since WordNet may be missing.
    augmented = augment(demo, train)
    encoder = demo.encoder(train)
    systems = {"60k": (train, nq_demo.System(demo, FLAGS.output_dir, encoder)),
               "90k": (augmented, nq_demo.System(demo, demo.path(folder_name()), encoder))}
    scores = {}
    for name, (pages, system) in systems.items():
        print("\n--- The system %s: %s" % (name, pages), flush=True)
        if FLAGS.do_train:
            system.train(pages)
        if FLAGS.do_predict:
            scores[name] = system.scores_of_model() or system.predict_and_score(dev)
    if FLAGS.do_predict:
        show({name: system for name, (_, system) in systems.items()}, scores)
        print("Time: %s" % program.duration(time.time() - start))


def folder_name():
    """The name of the second system's folder."""
    return "syn" if FLAGS.mode == "standard" else "syn-" + FLAGS.mode


def augment(demo, train):
    """Makes the second system's training set; returns its path."""
    output = demo.path("nq-train-%s.jsonl.gz" % folder_name())
    more = ["--wordnet_dir=" + FLAGS.wordnet_dir] if FLAGS.wordnet_dir else []
    return demo.stages.run("Augment the training set", output, "augment/augment_nq_data.py",
                           "--input_jsonl=" + train, "--output_jsonl=" + output,
                           "--augment=synonyms", "--mode=" + FLAGS.mode, *more)


def show(systems, scores):
    """Prints both systems' numbers side by side."""
    rows = [("", list(systems)),
            ("windows", [count(system.num_windows()) for system in systems.values()]),
            ("steps", [count(system.num_steps()) for system in systems.values()])]
    for kind in ("long", "short"):
        for title, key in (("F1", "-f1"), ("precision", "-precision"), ("recall", "-recall")):
            rows.append(("%s answers, %s" % (kind, title), [
                "%.3f" % values["%s-best-threshold%s" % (kind, key)]
                for values in scores.values()]))
    print()
    for title, cells in rows:
        print("%-24s" % title + "".join("%10s" % cell for cell in cells))
    print("\n90k has the pages of 60k and copies of them with synonyms, and the same epochs: more "
          "steps.\nOne run of each says little, since F1 moves by several hundredths from seed to "
          "seed:\nbenchmarks/compare_augmentations.py makes runs of equal steps and several seeds, "
          "see\ndocs/augmentation.md.")
    for name, system in systems.items():
        print("\n%s: %s\n     %s" % (name, system.model, system.predictions))


def count(number):
    """A number of windows or steps, with separators; "?" if it is unknown."""
    return "?" if number is None else format(number, ",")


if __name__ == "__main__":
    run(main)
