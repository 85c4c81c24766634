r"""Measures how fast the service answers questions about a page, and that its memory does not grow.

    python benchmarks/serve.py --model_dir=model --page=article.html --clients=1,8

starts bert_nq/serve.py in a process of its own and asks it, first with one client at a time, then
with several at once, each of which asks again as soon as it is answered. --requests says how many
questions each number of clients asks. Latency is that of the whole: the page is sent, parsed, read
by the model, and answered. The memory is the service's own, before and after. What was found is in
docs/ask.md.
"""
from bert_nq.cli.start import run

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FLAGS = flags.FLAGS

flags.DEFINE_string("model_dir", None, "The folder of a trained model.")
flags.DEFINE_string("page", None, "The file of the page that is asked about: HTML or text, UTF-8.")
flags.DEFINE_list("clients", ["1", "8"], "How many ask at once.")
flags.DEFINE_integer("requests", 100, "Questions that each number of clients asks together.",
                     lower_bound=1)
flags.DEFINE_multi_string("question", ["who founded it", "when was it built", "how large is it"],
                          "What is asked, in turns.")
flags.DEFINE_integer("model_threads", 0, "Threads of the model; 0: as many as there are cores.",
                     lower_bound=0)
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks"), "Folder for the log.")


def main():
    program.require(FLAGS, "model_dir", "page")
    clients = _clients()
    page = files.read_whole(FLAGS.page).decode("utf8", "replace")
    files.make_folder(FLAGS.work_dir)
    log = os.path.join(FLAGS.work_dir, "serve.log")
    with open(log, "wb") as errors:
        service = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "bert_nq", "serve.py"), "--port=0",
             "--model_dir=" + FLAGS.model_dir, "--model_threads=%d" % FLAGS.model_threads,
             "--time_limit=600"], stdout=subprocess.PIPE, stderr=errors)
        try:
            address = re.search("http://([^/]*)/", service.stdout.readline().decode())
            if not address:
                raise UserError("the service does not start; what it said is in %s" % log)
            _measure(address.group(1), service.pid, page, clients)
        finally:
            service.send_signal(signal.SIGTERM)
            service.communicate()


def _clients():
    if not all(number.isdigit() and int(number) for number in FLAGS.clients):
        raise UserError("--clients=%s: numbers are wanted, such as 1,8" % ",".join(FLAGS.clients))
    return list(map(int, FLAGS.clients))


def _measure(address, pid, page, clients):
    bodies = [json.dumps({"question": question, "page": page}).encode() for question in
              FLAGS.question]
    _ask(address, bodies[:1])  # the first one is slow: TensorFlow plans its work
    memory = [_memory_mb(pid)]
    print("%s characters, %d questions for each number of clients" % (
        format(len(page), ","), FLAGS.requests))
    for number in clients:
        start = time.time()
        seconds = _ask_at_once(address, bodies, number)
        rate = len(seconds) / (time.time() - start)
        memory.append(_memory_mb(pid))
        program.print_table("%d at a time" % number, [
            ("ms, half of them (p50)", "%.0f" % (1000 * seconds[len(seconds) // 2])),
            ("ms, 95 of 100 (p95)", "%.0f" % (1000 * seconds[len(seconds) * 95 // 100])),
            ("answers a second", "%.2f" % rate)])
    program.print_table("memory of the service, MB", [
        ("after the first question", "%.0f" % memory[0]),
        *(("after %d by %d" % (FLAGS.requests, number), "%.0f" % mb)
          for number, mb in zip(clients, memory[1:]))])


def _ask_at_once(address, bodies, clients):
    """Seconds of each answer, in order of size."""
    shares = [[bodies[i % len(bodies)] for i in range(client, FLAGS.requests, clients)]
              for client in range(clients)]
    found, faults = [], []

    def work(share):
        try:
            found.extend(_ask(address, share))
        except (OSError, http.client.HTTPException, UserError) as e:
            faults.append(e)

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise UserError("a question was not answered: %s" % faults[0])
    return sorted(found)


def _ask(address, bodies):
    connection = http.client.HTTPConnection(address, timeout=600)
    seconds = []
    for body in bodies:
        start = time.time()
        connection.request("POST", "/ask", body, {"content-type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise UserError("status %d: %s" % (response.status, content.decode()))
        seconds.append(time.time() - start)
    connection.close()
    return seconds


def _memory_mb(pid):
    """Memory that a process holds; Linux tells it in pages."""
    with open("/proc/%d/statm" % pid) as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    run(main)
