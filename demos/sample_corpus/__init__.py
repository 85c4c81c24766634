"""An invented encyclopedia in the original Natural Questions format.

From the bottom up:
  names.py        invented words, those of dev disjoint from those of train
  values.py       answers: people, years, lengths, materials, ...
  relations.py    facts, with questions that ask for each and sentences that state it
  kinds.py        the kinds of page: towns, rivers, people, novels, ... and their relations
  filler.py       prose that states none of the facts
  page.py         HTML, tokens with byte offsets and long answer candidates
  plan.py         the content of a page and where it stands
  questions.py    questions on a page
  sentences.py    sentences that state facts
  blocks.py       paragraphs, lists and tables, with the answers that they hold
  article.py      writes a plan as a page, with the answers to all possible questions
  annotations.py  annotators: one for train, five who disagree for dev
  corpus.py       examples and shards
"""
