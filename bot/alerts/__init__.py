"""Alerts, from a new article to the message about it.

``matcher``      the next article → which destinations get it; ``topics`` matches topics
                 and questions
``cursor``       … recorded as the cursor moves past the article, and written in batches
``corrections``  an edited article → edits of the alerts about it; ``correction_store`` has its SQL
``digests``      what was collected for a destination → one digest; ``split`` cuts it (pure)
``delivery``     sends one message at a time; ``queue`` says to whom, ``pace`` how fast
``composing``    a row of the outbox → the message as it should read now
``housekeeping`` deletes old rows, and reports topics that match nothing
``store``        all tables; ``schema``, ``subscription_store``, ``timetable_store``,
                 ``language_store``, ``outbox`` and ``prompts`` hold the SQL
"""
