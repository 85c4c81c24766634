"""Answers questions about pages over HTTP, and shows a web page that asks them.

    python serve.py --model_dir=model --pages=folder

says at which address a browser finds it. A question is asked of the pages of the folder, the best
of which are read for it, or of a page that is pasted or opened in the browser. Programs send
questions to /ask; /api describes it. Only this machine can ask, unless --host is another address.
Ctrl-C or SIGTERM ends it, when what was asked is answered. It needs fastapi and uvicorn:
pip install 'bert_nq[serve]'. docs/ask.md has more.
"""
from bert_nq.cli.start import run

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.cli.flags import page_folder
from bert_nq.cli.flags import reader as reader_flags

FLAGS = flags.FLAGS

reader_flags.define_flags()
page_folder.define_flags()
flags.DEFINE_string("host", "127.0.0.1", "The address to listen at; 0.0.0.0 is all of this "
                    "machine's, so that others can ask as well.")
flags.DEFINE_integer("port", 8000, "The port to listen at; 0: one that is free.", lower_bound=0,
                     upper_bound=65535)
flags.DEFINE_float("time_limit", 60, "Seconds that an answer may take.", lower_bound=0.1)
flags.DEFINE_integer("request_mb", 20, "Size of a request, and so of a page that comes with a "
                     "question.", lower_bound=1)
flags.DEFINE_integer("waiting", 64, "Questions that may be under way at once.", lower_bound=1)


def main() -> None:
    program.require(FLAGS, "model_dir")
    try:
        from bert_nq.answering.service import app, server
    except ImportError as e:
        raise UserError("the service needs fastapi and uvicorn (%s): pip install 'bert_nq[serve]'"
                        % e) from e
    from bert_nq.answering.service.guard import LOOPBACK_NAMES
    from bert_nq.answering.service.limits import Limits
    from bert_nq.datasets.html_pages.reading import parse_page

    model = reader_flags.checked()
    limits = Limits(body_bytes=FLAGS.request_mb << 20, seconds=FLAGS.time_limit,
                    requests=FLAGS.waiting)
    bound = server.listen(FLAGS.host, FLAGS.port)
    folder = page_folder.open_folder()
    program.quiet_tensorflow(False)
    hosts = None
    if server.is_loopback(bound):
        hosts = LOOPBACK_NAMES | {FLAGS.host.lower()}
    else:
        program.note("warning: whoever reaches this machine can ask%s: anyone is answered at "
                     "--host=%s" % (", and read the pages of --pages" if folder else "",
                                    FLAGS.host))

    def ready() -> None:
        print("open in a browser: %s (Ctrl-C ends it)" % server.address_of(bound), flush=True)

    with model.open(FLAGS.model_threads, note=program.note) as reader, program.timed() as seconds:
        served = app.make_app(reader, parse_page, folder, limits, hosts)
        server.serve(served, bound, ready)
        program.print_table("stopped", [("questions answered", served.num_answered),
                                        ("time", program.duration(seconds()))])


if __name__ == "__main__":
    run(main)
