r"""Fine-tuning of a BERT on SQuAD by PyTorch and transformers, as run_qa does it: a peer.

    python -c 'import squad_training_contender; squad_training_contender.main()' \
        '{"model_dir": ..., "train_rows": ..., "dev_rows": ..., "output": FOLDER, "seed": 1, ...}'

Batches are padded to their longest window and computed in float32, or with precision "bf16" in
bfloat16 under autocast. With group_by_length those of a step are of about equal length, as
transformers' own sampler has it. It leaves predictions.json and result.json in the folder. It runs
in an interpreter that has torch and transformers.
"""
import json
import os
import random
import sys
import time

import torch
import transformers

_POOL_STEPS = 50  # whose windows are sorted together, as in transformers' LengthGroupedSampler
_NBEST, _MAX_ANSWER_LENGTH = 20, 30


def main():
    settings = json.loads(sys.argv[1])
    transformers.logging.set_verbosity_error()
    torch.manual_seed(settings["seed"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(settings["model_dir"])
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(settings["model_dir"])
    train_rows, dev_rows = map(_read, (settings["train_rows"], settings["dev_rows"]))
    windows = _windows(tokenizer, train_rows, settings, True)
    start = time.time()
    steps = _train(model, windows, settings)
    train_seconds = time.time() - start
    start = time.time()
    answers = _predict(model, _windows(tokenizer, dev_rows, settings, False), dev_rows,
                       settings)
    with open(os.path.join(settings["output"], "predictions.json"), "w") as out:
        json.dump(answers, out)
    with open(os.path.join(settings["output"], "result.json"), "w") as out:
        json.dump({"windows": steps * settings["batch_size"], "train_seconds": train_seconds,
                   "predict_seconds": time.time() - start, "release": "torch %s, transformers %s"
                   % (torch.__version__, transformers.__version__)}, out)


def _read(path):
    with open(path, encoding="utf8") as f:
        return list(map(json.loads, f))


def _windows(tokenizer, rows, settings, is_training):
    """Dicts of the windows of all rows; without an answer in them they are labelled with [CLS]."""
    length, step = settings["max_seq_length"], settings["doc_stride"]
    found = []
    for number, row in enumerate(rows):
        question = tokenizer.tokenize(row["question"])[:settings["max_query_length"]]
        question = tokenizer.convert_tokens_to_string(question)
        taken = len(tokenizer(question, add_special_tokens=False)["input_ids"])
        made = tokenizer(question, row["context"], truncation="only_second", max_length=length,
                         stride=max(0, length - taken - 3 - step), return_overflowing_tokens=True,
                         return_offsets_mapping=True)
        for i, ids in enumerate(made["input_ids"]):
            offsets, segments = made["offset_mapping"][i], made.sequence_ids(i)
            first = segments.index(1)
            window = {"ids": ids, "types": made["token_type_ids"][i], "row": number,
                      "offsets": offsets, "first": first, "start": 0, "end": 0}
            if is_training:
                begin = row["answers"]["answer_start"][0]
                end = begin + len(row["answers"]["text"][0])
                last = len(ids) - 2
                if offsets[first][0] <= begin and offsets[last][1] >= end:
                    places = range(first, last + 1)
                    window["start"] = max(j for j in places if offsets[j][0] <= begin)
                    window["end"] = min(j for j in places if offsets[j][1] >= end)
            found.append(window)
    return found


def _tensors(windows):
    width = max(len(w["ids"]) for w in windows)

    def padded(rows):
        return torch.tensor([row + [0] * (width - len(row)) for row in rows])

    return {"input_ids": padded([w["ids"] for w in windows]),
            "token_type_ids": padded([w["types"] for w in windows]),
            "attention_mask": padded([[1] * len(w["ids"]) for w in windows])}


def _order(windows, settings, draw):
    """The windows of an epoch, step after step."""
    order = list(range(len(windows)))
    draw.shuffle(order)
    if settings["group_by_length"]:
        pool = _POOL_STEPS * settings["batch_size"]
        order = [i for start in range(0, len(order), pool) for i in sorted(
            order[start:start + pool], key=lambda i: -len(windows[i]["ids"]))]
    return order


def _train(model, windows, settings):
    """Trains; returns the number of steps."""
    size, draw = settings["batch_size"], random.Random(settings["seed"])
    steps = int(len(windows) / size * settings["num_train_epochs"])
    order = []
    while len(order) < steps * size:
        order += _order(windows, settings, draw)
    decayed = [p for name, p in model.named_parameters() if "LayerNorm" not in name
               and "bias" not in name]
    others = [p for name, p in model.named_parameters() if "LayerNorm" in name or "bias" in name]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01},
                                   {"params": others, "weight_decay": 0.0}],
                                  settings["learning_rate"], eps=1e-6)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, int(0.1 * steps), steps)
    model.train()
    start = time.time()
    for step in range(steps):
        batch = [windows[i] for i in order[step * size:(step + 1) * size]]
        with _computing(settings):
            out = model(**_tensors(batch))
        losses = [torch.nn.functional.cross_entropy(logits.float(), torch.tensor(
            [w[name] for w in batch])) for name, logits in (("start", out.start_logits),
                                                            ("end", out.end_logits))]
        loss = sum(losses) / 2
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 20 == 0:
            print("step %d/%d  loss %.3f  %.1f examples/s" % (
                step, steps, loss.item(), (step + 1) * size / (time.time() - start)), flush=True)
    return steps


def _computing(settings):
    """The context in which the model computes in the settings' precision."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=settings["precision"] == "bf16")


def _predict(model, windows, rows, settings):
    """{id: text} of the best span of each row."""
    model.eval()
    best = {}
    order = sorted(range(len(windows)), key=lambda i: len(windows[i]["ids"]))
    for begin in range(0, len(order), 32):
        batch = [windows[i] for i in order[begin:begin + 32]]
        with torch.no_grad(), _computing(settings):
            out = model(**_tensors(batch))
        for w, starts, ends in zip(batch, out.start_logits.float(), out.end_logits.float()):
            stop = len(w["ids"]) - 1
            found = [(float(starts[i] + ends[j]), i, j)
                     for i in starts[:stop].topk(min(_NBEST, stop)).indices.tolist()
                     for j in ends[:stop].topk(min(_NBEST, stop)).indices.tolist()
                     if w["first"] <= i <= j < i + _MAX_ANSWER_LENGTH]
            score, i, j = max(found, default=(float("-inf"), w["first"], w["first"]))
            if w["row"] not in best or score > best[w["row"]][0]:
                context = rows[w["row"]]["context"]
                best[w["row"]] = score, context[w["offsets"][i][0]:w["offsets"][j][1]]
    return {row["id"]: best[number][1] for number, row in enumerate(rows)}

