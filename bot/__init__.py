"""The talking room: Telegram, alerts, the command line and the playground.

``service`` runs what ``app`` puts together. ``reception`` brings in updates, and ``handlers``
passes them to ``commands``, ``messages`` and ``buttons``, which find all services in ``context``.
``texts`` says what to reply, ``keyboards`` which buttons go below, and ``sending`` sends it. From
one message to the next, ``conversations`` and ``memory`` keep what lasts for minutes, and
``people`` who has asked how much.

In the background, ``jobs`` poll feeds and tidy up, and ``alerts`` tell chats of new articles.
"""

import os

# OpenBLAS reads this when numpy is loaded. Our products are small: a second thread would burn a
# core while it waits for the next one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
