"""A contender of ask.py, a process of its own that is asked for each line of input.

    python -c 'import ask_contender; ask_contender.main()' KIND '{"html_file": ...}'

It runs in an interpreter that has the packages that its kind needs. Ours is given the page's HTML
with every question, theirs its text, as these take no HTML.
"""
import concurrent.futures
import itertools
import json
import os
import sys
import time

from train_step_contender import memory_mb, serve


def read(path):
    """A text file."""
    with open(path, encoding="utf8") as f:
        return f.read()


def ours(settings, precision, parsed=False):
    """(function of one question, function of several, release); each gives short answers.

    Args:
      settings: see ask.py.
      precision: of the model.
      parsed: whether the page is parsed once, before it is asked.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import bert_nq
    from bert_nq.datasets.html_pages.reading import parse_page
    reader = bert_nq.load(settings["model_dir"], precision=precision,
                          num_threads=settings["threads"])
    page = read(settings["html_file"])
    if parsed:
        page = parse_page(page, "page")

    def text(answer):
        return answer.short.text if answer.short else ""

    return (lambda question: text(reader.ask(question, page)),
            lambda questions: [text(answer) for answer in reader.ask_many(
                [(question, page) for question in questions])], "this checkout")


def pipeline(settings, precision, batch_size):
    """The same of transformers.pipeline("question-answering") in PyTorch."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["USE_TF"] = "0"
    import torch
    import transformers
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(settings["threads"])
    folder = settings["torch_dir"]
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(
        folder, torch_dtype={"fp32": torch.float32, "bf16": torch.bfloat16}[precision])
    tokenizer = transformers.BertTokenizerFast(os.path.join(folder, "vocab.txt"))
    ask = transformers.pipeline("question-answering", model=model, tokenizer=tokenizer,
                                device="cpu", batch_size=batch_size)
    context = read(settings["text_file"])
    options = dict(max_seq_len=settings["max_seq_length"], doc_stride=settings["doc_overlap"],
                   max_question_len=64, max_answer_len=30)

    def one(question):
        return ask(question=question, context=context, **options)["answer"]

    def several(questions):
        found = ask(question=list(questions), context=[context] * len(questions), **options)
        return [answer["answer"] for answer in found]

    return one, several, "torch %s, transformers %s" % (torch.__version__,
                                                        transformers.__version__)


KINDS = {}
for _precision in ("fp32", "bf16"):
    KINDS[_precision] = lambda s, p=_precision: ours(s, p)
    KINDS[_precision + "-parsed"] = lambda s, p=_precision: ours(s, p, parsed=True)
    for _size in (1, 8):
        KINDS["pipeline-%s-batch%d" % (_precision, _size)] = (
            lambda s, p=_precision, b=_size: pipeline(s, p, b))


def main():
    kind, settings = sys.argv[1], json.loads(sys.argv[2])
    one, several, release = KINDS[kind](settings)
    numbers = itertools.count()
    done = {"seconds": [], "answers": [], "memory_mb": []}
    pool = concurrent.futures.ThreadPoolExecutor(settings["at_once"])

    def timed(ask, asked):
        start = time.perf_counter()
        answer = ask(asked)
        return answer, time.perf_counter() - start

    def question():
        number = next(numbers)
        text = settings["questions"][number % len(settings["questions"])]
        return text % number if "%d" in text else text

    def step():
        for _ in range(settings.get("in_between", 0)):
            one(question())
        questions = [question() for _ in range(settings["at_once"])]
        if settings["together"]:
            answers, seconds = timed(several, questions)
            found = [(answer, seconds) for answer in answers]
        else:
            found = list(pool.map(lambda question: timed(one, question), questions))
        # The first step prepares the graph.
        if next(steps):
            done["answers"] += [answer for answer, _ in found]
            done["seconds"] += [seconds for _, seconds in found]
            done["memory_mb"].append(memory_mb("VmRSS"))
            with open(settings["done_file"], "w", encoding="utf8") as f:
                json.dump(done, f)
        return 0.0

    steps = itertools.count()
    serve(step, release)
