"""Words and vectors are searched, candidates judged, and an answer composed.

``sync`` keeps what is searched up to date with the database: words (``fulltext``) and vectors
(``vectors``). ``retrieval`` ranks candidates, ``highlight`` chooses the sentence that answers,
``late`` compares tokens across languages, ``background`` puts cosines on one scale, and
``confidence`` says how sure an answer is. ``compose`` makes the answer. ``verify`` and
``differences`` check quotes; ``related`` and ``story`` gather what was reported so far.
"""
