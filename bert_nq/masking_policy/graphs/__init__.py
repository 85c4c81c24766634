"""The graphs of a masking policy: the only part of it that imports TensorFlow.

    networks      states to the policy's logits and the value
    losses        what policies learn by
    policy_graph  the two in a session: choices and updates
    lm_graph      the language model: further pretraining, fine-tuning, scores
    weight_sets   variables' values in and out of a session
    meta_training, meta_testing   a run of episodes, and a test of its policies
"""
