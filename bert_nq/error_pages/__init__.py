"""A static site that shows each question's text with the gold and the predicted answers in it.

Gold and predictions come in, files go out. Every format of predictions has

    documents      templates of the files, in which every value is escaped
    site           the files of questions, each linked to its neighbours, and the list of them
    list_page      rows of the list as data within HTML
    mark_elements  elements that label a marked span
    folder         a folder that appears when it is complete

and a package of its own with the rest: verdicts, places of the answers, what the files show.

    nq             pages of Natural Questions, with long and short answers
    squad          contexts of SQuAD, MRQA and rows, with spans of text

templates/ and static/ hold what is shared of the HTML, the scripts and the style sheet. Other pages
for people take their look from there: a template that extends base.html.j2, made by
`documents.environment`.

Texts are hostile: nothing of their markup is passed on, it is built anew.
"""
