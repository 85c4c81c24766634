"""A static site that shows each question's page with the gold and the predicted answers in it.

Gold and predictions come in, files go out:

    answer_files   the further fields of prediction files, and n-best files
    outcomes       the official verdict on each question, at a threshold
    highlights     where on the page the answers are
    markup         a page's tokens as harmless HTML
    documents      text and attributes escaped, the frame that all files share
    style, script  what is written into that frame
    question_page  the file of one question
    index_page     the list of all questions
    folder, site   files to a folder that appears when it is complete

Pages are hostile: nothing of their markup is passed on, it is built anew.
"""
