r"""Predicts the answers of NQ shards as run_nq.py does, on an Apache Spark cluster.

    python run_nq_spark.py --master=spark://HOST:7077 --predict_file='/nfs/nq-dev-*.jsonl.gz' \
        --bert_config_file=bert_config.json --vocab_file=vocab-nq.txt \
        --output_dir=model --output_prediction_file=predictions.json

or through spark-submit, without --master. The file equals that of run_nq.py --do_predict with the
same flags, byte for byte on machines of one kind; either program carries on with what a run of the
other has left. The shards are on storage that all machines see; model and vocabulary are sent to
them, and the answers come back. docs/spark.md says how to set up a cluster.
"""
from bert_nq.cli.start import run

from bert_nq import tasks
from bert_nq.cli.flags import nq_joint
from bert_nq.cli.spark_program import SparkProgram

PROGRAM = SparkProgram(tasks.get("nq_joint"), nq_joint.define_flags)

if __name__ == "__main__":
    run(PROGRAM.main)
