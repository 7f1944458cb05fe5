"""What tapping a button does; ``bot.keyboards`` says which buttons there are.

``dispatch`` finds the action in the tables of ``alerts``, ``answers``, ``channels``,
``feeds``, ``forwarded``, ``language``, ``shares`` and ``subscriptions``.
"""
