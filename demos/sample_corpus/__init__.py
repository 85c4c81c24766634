"""An invented encyclopedia in the original Natural Questions format.

From the bottom up:
  names.py        invented words, those of dev disjoint from those of train
  values.py       what can be asked for: people, years, lengths, materials, ...
  relations.py    the facts: how each is asked and how each is stated
  kinds.py        the kinds of page: towns, rivers, people, novels, ... and their relations
  filler.py       prose that states none of the facts
  page.py         HTML, tokens with byte offsets and long answer candidates
  plan.py         what a page will say, and where
  questions.py    what is asked of it
  sentences.py    facts as sentences
  blocks.py       paragraphs, lists and tables that know what they answer
  article.py      the plan as a page, with the answers to all that can be asked
  annotations.py  annotators: one for train, five who disagree for dev
  corpus.py       examples and shards
"""
