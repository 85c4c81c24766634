r"""Questions about pages of the sample encyclopedia, on the command line and in a browser.

    python demo_ask.py --output_dir=build/demo

trains the model of `make demo`, or takes it where it is in that folder; writes the dev set's pages,
which the model has not seen, as files of HTML; asks three questions about them, each of which is
looked for in the whole folder; and starts the web page that asks more, until Ctrl-C. A browser is
opened where there is a display. --noserve ends before that. Every stage is a program of this
repository, called as it is printed.
"""
from bert_nq.cli.start import run

import os
import signal
import subprocess
import sys
import webbrowser

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))  # for nq_demo

import nq_demo  # noqa: E402

FLAGS = flags.FLAGS

nq_demo.define_flags()
flags.DEFINE_bool("serve", True, "Whether the web page is started at the end.")
flags.DEFINE_integer("port", 8000, "The port of the web page; 0: one that is free.", lower_bound=0,
                     upper_bound=65535)

_NO_ANSWER = 3  # the exit code of ask.py where a question has none


def main():
    demo = nq_demo.Demo()
    train, dev = demo.shards()
    system = nq_demo.System(demo, FLAGS.output_dir, demo.encoder(train))
    if FLAGS.do_train:
        system.train(train)
    pages, questions = demo.path("pages"), demo.path("questions.txt")
    demo.stages.run("Write the pages of the dev set as HTML", questions,
                    "demos/demo_ask/write_pages.py", "--input_jsonl=" + dev,
                    "--output_dir=" + pages, "--output_questions=" + questions)
    of_folder = ["--model_dir=" + system.model, "--pages=" + pages]
    demo.stages.run("Ask the folder of pages", None, "bert_nq/ask.py", *of_folder,
                    "--questions_file=" + questions, codes=(0, _NO_ANSWER))
    asking = program.command("bert_nq/ask.py", *of_folder,
                             "--question=" + first_line(questions))
    print("\nPages: %s\nModel: %s, small and trained on made-up pages alone: docs/ask.md tells how "
          "to make one for real pages" % (pages, system.model))
    print("\nNext: ask on the command line\n  " + asking)
    arguments = [*of_folder, "--port=%d" % FLAGS.port]
    if FLAGS.serve:
        serve(arguments)
    else:
        print("or in a browser\n  " + program.command("bert_nq/serve.py", *arguments))


def serve(arguments):
    """Runs the web page until it is ended, by Ctrl-C or otherwise, and opens a browser on it."""
    print("or in a browser\n$ " + program.command("bert_nq/serve.py", *arguments), flush=True)
    service = subprocess.Popen([sys.executable, nq_demo.path_of("bert_nq/serve.py"), *arguments],
                               stdout=subprocess.PIPE, universal_newlines=True)
    # Ctrl-C is for the service alone, which ends when it has answered what was asked.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in service.stdout:
        print(line, end="", flush=True)
        address = [word for word in line.split() if word.startswith("http://")]
        if address and has_display():
            webbrowser.open(address[0])
    code = service.wait()
    signal.signal(signal.SIGINT, before)
    if code:
        raise UserError("bert_nq/serve.py failed (exit code %d), see above" % code)


def first_line(path):
    """The first line of a text file."""
    return files.read_whole(path).decode("utf8").split("\n")[0]


def has_display():
    """Whether a browser can be seen."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


if __name__ == "__main__":
    run(main)
