"""The masking policy: which words a language model is to guess when it is pretrained further.

Learned by reinforcement (Neural Mask Generator, Kang, Han and Hwang, EMNLP 2020): players mask the
same texts, each pretrains a copy of the language model on its masks and fine-tunes it, and the
policy learns from who scores better.

    settings     what a run is asked for
    tasks/       what is fine-tuned for: texts and their rows
    blocks       texts as blocks of wordpieces
    draws        the random numbers of an episode
    masks        choices without replacement; budget and corruption are those of features.maskings
    rewards      who is credited with what
    replay       what was done and what came of it, drawn by priority
    players      the policy, its opponent and the random masker
    episodes     the outer loop
    world        real texts: what a language model learns with masks
    trainings    its further pretraining and its fine-tuning
    run_state, array_file     a run in one file, from which it goes on to the bit
    meta_test, contenders     saved policies on all texts, against masks by rules
    plots, word_page          a run as a picture, and the words that a policy masks
    graphs/      policy and value networks, losses, the inner loop; it alone imports TensorFlow
"""
