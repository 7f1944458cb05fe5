"""The talking room: Telegram, alerts, the command line and the playground."""
