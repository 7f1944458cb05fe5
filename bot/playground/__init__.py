"""A Telegram for one bot on this machine: a Bot API double and a chat page.

world = World()
with Server(world) as server:
    ...  # run a bot against server.url with world.token
"""

from bot.playground.server import Server
from bot.playground.world import World

__all__ = ["Server", "World"]
