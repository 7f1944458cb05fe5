"""The commands of the chat, one module each.

A new command is a module with a ``COMMAND`` and a line in ``registry``. The handlers, the menus,
/help and the README's table are made from the registry, and the texts ``command.NAME`` and
``help.NAME`` of the catalogue.
"""
