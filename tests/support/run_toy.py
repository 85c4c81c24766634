"""Trains the toy task's model and predicts with it, as run_nq.py does its own."""
from bert_nq.cli.start import run

import os
import sys

from bert_nq import tasks
from bert_nq.cli.model_program import ModelProgram

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.support import toy_task  # noqa: E402 - from the root

tasks.TASKS[toy_task.NAME] = "tests.support.toy_task"

PROGRAM = ModelProgram(tasks.get(toy_task.NAME), toy_task.define_flags)

if __name__ == "__main__":
    run(PROGRAM.main)
