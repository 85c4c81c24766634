"""Examples to rows of features, and the rules that these keep.

    spec           which features a task's records have; drives all that is done with records
    featurizer     how a task makes rows of examples and checks them
    packing        [CLS] question [SEP] document [SEP]: layout and rules
    joint_windows  the spec and the rules of NQ's joint reader
    making         its maker of windows, from settings
    contexts       a page's candidates as one text of words
    windows        that text as windows of wordpieces, with labels or token maps
    cutting        texts of pieces cut into windows that overlap
    tokenizers     the tokenizer that settings name
    options        settings
    squad_windows  the spec and the rules of a reader of SQuAD
    squad_maker    its maker of windows
    squad_answers  an answer among the words and pieces of its context
    squad_options  its settings
    draws          random draws of rows
    masking        whole words of windows hidden, for a masked language model
"""
