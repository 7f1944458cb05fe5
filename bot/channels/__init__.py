"""Telegram channels that the bot reads, and posts as articles."""
