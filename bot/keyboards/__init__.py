"""The buttons below our messages (pure); ``bot.buttons`` says what tapping one does."""
