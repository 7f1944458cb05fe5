"""Alerts of new articles, from the cursor to the message.

``interest``     what somebody wants, as words: topic, source, both, every article (pure)
``schedule``     times of day in time zones: digests, quiet hours (pure)
``matcher``      the next article → what each place is told of it; ``topics`` matches topics
``cursor``       … recorded in one transaction with the cursor that moves on
``digests``      what was collected for a place → parts of one digest; ``split`` cuts them (pure)
``delivery``     the sender: one message at a time; ``queue`` whose turn it is, ``pace`` how fast
``composing``    a row of the outbox → the message as it is now
``housekeeping`` forgets the old, and tells of topics that match nothing
``store``        the tables as a whole; ``schema``, ``subscriptions``, ``places``, ``outbox`` and
                 ``prompts`` hold the SQL
"""
