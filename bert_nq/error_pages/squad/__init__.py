"""Error pages of SQuAD 1.1 and 2.0, MRQA and rows: spans of text in the context of a question.

    nbest_file     n-best lists, compressed in memory
    outcomes       the verdict on each question, which adds up to the official scores
    places         where a context has a text
    highlights     places of the answers in the context
    marked_text    a context as harmless HTML, with spans of it marked
    question_page  the file of one question
    index_page     the list of all questions
    pages          questions as they are read from their files to files of the site
"""
