"""Work in the background: steps are taken again and again, and one that waits is woken."""

import asyncio
import time

from bot.idle import Idle
from bot.jobs.background import Background


class Steps:
    """Steps that note when they are taken."""

    def __init__(self):
        self.taken = []

    def step(self, name, pause, *during):
        async def take():
            self.taken.append(name)
            for each in during:
                each()
            return pause

        return take


async def finished(background):
    """Let all run that can, then stop."""
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await background.stop()
    assert time.monotonic() - began < 1


def test_step_that_waits_is_woken_by_what_it_waits_for():
    async def run():
        steps, background = Steps(), Background()
        background.start(
            [
                steps.step("matches", Idle(60, "articles", "published")),
                steps.step("sends", Idle(60, "outbox")),
                steps.step("backs off", 60.0),
            ]
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        background.wake({"articles", "votes"})
        await finished(background)
        return sorted(steps.taken)

    assert asyncio.run(run()) == ["backs off", "matches", "matches", "sends"]


def test_what_comes_while_a_step_is_taken_is_not_missed():
    async def run():
        steps, background = Steps(), Background()
        news = iter([{"outbox"}, {"articles"}, set(), set()])
        step = steps.step("sends", Idle(60, "outbox"), lambda: background.wake(next(news)))
        background.start([step])
        await finished(background)
        return steps.taken

    assert asyncio.run(run()) == ["sends", "sends"]
