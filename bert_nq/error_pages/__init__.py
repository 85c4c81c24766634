"""A static site that shows each question's page with the gold and the predicted answers in it.

Gold and predictions come in, files go out:

    answer_files   the further fields of prediction files, and n-best files
    outcomes       the official verdict on each question, at a threshold
    highlights     places of the answers on the page
    markup         a page's tokens as harmless HTML
    documents      templates of the files, in which every value is escaped
    question_page  the file of one question
    index_page     the list of all questions
    folder, site   files to a folder that appears when it is complete

templates/ and static/ hold the HTML, the style sheet and the list's script. Other pages for people
take their look from there: a template that extends base.html.j2, made by `documents.environment`.

Pages are hostile: nothing of their markup is passed on, it is built anew.
"""
