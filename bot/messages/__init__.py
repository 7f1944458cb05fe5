"""Messages that are not commands: questions, forwarded posts, feeds, and changes of a chat."""
