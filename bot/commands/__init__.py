"""The bot's commands, one module each."""
