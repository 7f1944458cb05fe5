"""The command line: one module for each kind of command, ``output`` for how results look.

Modules that take long to load are imported inside the functions that need them, so that ``--help``
is fast.
"""

import os
import sys
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from bot.cli import articles, backup, feedback, feeds, questions, serving, status
from bot.cli.common import fail


class _Group(click.Group):
    """Reports every error as one line on stderr: exit code 2 for wrong use or settings, else 1."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ANN401 - passed on
        from qa.errors import PullquoteError, SettingsError

        try:
            code = super().main(*args, **kwargs | {"standalone_mode": False})
        except NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "pullquote"
            fail(f"{error.format_message()} See `{command} --help`.", 2)
        except SettingsError as error:
            fail(str(error), 2)
        except PullquoteError as error:
            fail(str(error), 1)
        except click.ClickException as error:  # its text alone does not name the file
            fail(error.format_message(), 1)
        except BrokenPipeError:  # the reader of our output has closed it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:  # a full disk, a folder without write permission
            fail(": ".join(filter(None, [error.strerror or str(error), error.filename])), 1)
        except (click.Abort, KeyboardInterrupt):
            fail("interrupted; everything done so far is saved.", 130)
        sys.exit(code or 0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pullquote")
def main() -> None:
    """Ask your articles; they answer in their own words.

    Settings come from PULLQUOTE_… variables or a .env file; see .env.example.
    """


main.add_command(articles.add)
main.add_command(articles.remove)
main.add_command(articles.rebuild)
main.add_command(questions.ask)
main.add_command(questions.verify)
main.add_command(questions.evaluate)
main.add_command(feedback.feedback)
main.add_command(serving.run)
main.add_command(serving.try_)
main.add_command(feeds.feeds)
main.add_command(status.status)
main.add_command(backup.backup)
main.add_command(backup.restore)
main.add_command(backup.move)
