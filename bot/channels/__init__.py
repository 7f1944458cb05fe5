"""Telegram channels that the bot reads.

``recording``  writes channel posts to the database as they arrive
``reading``    makes articles of them, one after another
``posts``      Telegram messages as articles (pure)
``store``      the SQL of channels and their posts
"""
