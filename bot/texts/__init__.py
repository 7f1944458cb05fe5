"""What the bot says: values in, Telegram HTML out. Nothing here blocks or sends.

The words are in ``locale``, one file for each language; ``catalogue`` reads them by id.
"""
