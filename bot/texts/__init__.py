"""What the bot says: values in, Telegram HTML out. Nothing here blocks or sends."""
