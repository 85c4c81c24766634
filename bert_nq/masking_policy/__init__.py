"""The masking policy: which words a language model is to guess when it is pretrained further.

Learned by reinforcement (Neural Mask Generator, Kang, Han and Hwang, EMNLP 2020): players mask the
same texts, each pretrains a copy of the language model on its masks and fine-tunes it, and the
policy learns from who scores better.

    masks        budget, choices without replacement, BERT's corruption     free of TensorFlow
    draws        the random numbers of an episode                           free of TensorFlow
    blocks       texts as blocks of wordpieces                              free of TensorFlow
    rewards      who is credited with what                                  free of TensorFlow
    replay       what was done and what came of it, drawn by priority       free of TensorFlow
    players      the policy, its opponent and the random masker             free of TensorFlow
    episodes     the outer loop                                             free of TensorFlow
    world        real texts: what a language model learns with masks        free of TensorFlow
    trainings    its further pretraining and its fine-tuning                free of TensorFlow
    run_state    a run in one file, from which it goes on to the bit        free of TensorFlow
    settings     what a run is asked for                                    free of TensorFlow
    tasks/       what is fine-tuned for                                     free of TensorFlow
    graphs/      policy and value networks, losses, the inner loop
"""
