"""The beam head as Hugging Face trains it: the class goes by the annotated start in training.

In prediction, where no start is annotated, it goes by the mean over all starts all the same. Names
and shapes of the variables are those of beam.py.
"""
from bert_nq.modeling.heads import beam

HEAD = beam.HEAD._replace(loss=beam.loss_by_gold_start,
                          distributions=beam.distributions_by_gold_start)
