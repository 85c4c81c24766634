"""Error pages of Natural Questions: long and short answers in the pages that hold them.

    answer_files   the further fields of prediction files, and n-best files
    outcomes       the official verdict on each question, at a threshold
    highlights     places of the answers on the page
    markup         a page's tokens as harmless HTML
    question_page  the file of one question
    index_page     the list of all questions
    pages          questions as they are read from their shards to files of the site
"""
