r"""Scores candidates and predicts answers as run_quesbelm.py does, on an Apache Spark cluster.

    python run_quesbelm_spark.py --master=spark://HOST:7077 --output_dir=base \
        --predict_file='/nfs/nq-train-*.jsonl.gz' --output_candidate_scores=scores.jsonl.gz

or through spark-submit, without --master. The file equals that of run_quesbelm.py --do_predict with
the same flags, byte for byte on machines of one kind; either program carries on with what a run of
the other has left. The shards are on storage that all machines see; model and vocabulary are sent
to them, and the scores come back. docs/spark.md says how to set up a cluster.
"""
from bert_nq.cli.start import run

from bert_nq import tasks
from bert_nq.cli.flags import quesbelm
from bert_nq.cli.spark_program import SparkProgram

PROGRAM = SparkProgram(tasks.get("quesbelm"), quesbelm.define_flags)

if __name__ == "__main__":
    run(PROGRAM.main)
